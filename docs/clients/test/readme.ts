import { readFileSync } from "node:fs";

/** Reads a file of the project. */
export const source = (path: string): string => readFileSync(new URL(`../../../../${path}`, import.meta.url), "utf8");

const text = source("docs/clients/README.md");

/** The cells of the rows of README.md whose first begins so. */
const rows = (first: RegExp): string[][] =>
  text
    .split("\n")
    .filter((row) => first.test(row))
    .map((row) => row.split("|").map((cell) => cell.trim()).slice(1, -1));

/** The codes of errors that README.md explains. */
export const errorCodes = rows(/^\| `[A-Z_]+` \|/).map(([code]) => code!.replaceAll("`", ""));

/** The close codes that README.md explains and a server can send, and whether the client is said to come back. */
export const closeCodes = rows(/^\| [14]\d{3} \|/)
  .map(([code, , client]) => ({ code: Number(code), comesBack: client!.startsWith("comes back") }))
  .filter(({ code }) => code !== 1000 && code !== 1006);

/** The shell commands of README.md. */
export const commands = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block!);
