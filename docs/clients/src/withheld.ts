/** A value that is null because the viewer may not see it now, and why. */
export interface Withheld {
  readonly path: readonly (string | number)[];
  readonly reason: string;
}

/** The reasons by place within one row, such as `{ "patient.name": "MEDICAL_AFFAIRS_CONSENT" }`. */
export type Reasons = Readonly<Record<string, string>>;

/** What an answer withholds of the row at the path. */
export function withheldOf(withheld: readonly Withheld[], ...row: (string | number)[]): Reasons {
  const within = withheld.filter(({ path }) => row.every((step, i) => path[i] === step));
  return Object.fromEntries(within.map(({ path, reason }) => [path.slice(row.length).join("."), reason]));
}
