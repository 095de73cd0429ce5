/** A GraphQL error as Carehub gives it. */
export interface ContractError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: {
    readonly code?: string;
    readonly argument?: string;
    readonly requestId?: string;
    readonly acceptedAt?: string;
  };
}

/** No answer came, or none of Carehub's; the code of whatever does not even reach it. */
export const unreachable = "UNREACHABLE";

/** What passes by itself, so that asking again is worth it. */
const passing = new Set([unreachable, "INTERNAL", "TIMEOUT", "RATE_LIMITED"]);

/** Why something was not done. The code is one of the contract's, UNREACHABLE, or CLOSED_ and a socket's close code. */
export class CarehubError extends Error {
  override readonly name = "CarehubError";

  constructor(
    readonly code: string,
    message: string,
    /** The argument at fault, such as `input.reason`; the request's identifier in the logs; when somebody else accepted. */
    readonly details: NonNullable<ContractError["extensions"]> = {},
  ) {
    super(message);
  }

  /** Whether the same request may succeed later. */
  get passes(): boolean {
    return passing.has(this.code);
  }

  /** The first error of an answer, which is the one that matters. */
  static of(errors: readonly ContractError[]): CarehubError {
    const [error] = errors;
    return new CarehubError(error?.extensions?.code ?? unreachable, error?.message ?? "no answer", error?.extensions);
  }

  /** What ended a subscription: errors of the contract, the end of the socket, or whatever else was thrown. */
  static from(cause: unknown): CarehubError {
    if (cause instanceof CarehubError) return cause;
    if (Array.isArray(cause)) return CarehubError.of(cause as ContractError[]);
    if (isClosing(cause)) return new CarehubError(`CLOSED_${cause.code}`, cause.reason || "the socket was closed");
    return new CarehubError(unreachable, cause instanceof Error ? cause.message : "the connection failed");
  }
}

function isClosing(cause: unknown): cause is { code: number; reason: string } {
  return typeof cause === "object" && cause !== null && "code" in cause && "reason" in cause;
}
