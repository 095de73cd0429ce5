import type { TypedDocumentString } from "./contract/graphql.js";
import { CarehubError, unreachable, type ContractError } from "./error.js";
import { again, type Patience } from "./retry.js";
import type { Withheld } from "./withheld.js";

/** Where the server is and how to get in. */
export interface Options {
  /** The server, such as https://carehub.example.com. */
  readonly url: string;
  /** Gives an access token. When the last one was refused it must be another: refresh it, or sign in anew. */
  readonly token: (refused: boolean) => string | Promise<string>;
  /** The constructor of sockets where there is no global one: `ws` on Node before 22. */
  readonly webSocket?: unknown;
  /** How to wait before asking again; from half a second up to half a minute. */
  readonly patience?: Patience;
  /** After how many quiet milliseconds a socket is asked for a sign of life; it has as long to answer. 10 s. */
  readonly keepAlive?: number;
}

/** What an operation gave: its data, and which values of it are withheld. */
export interface Answer<Data> {
  readonly data: Data;
  readonly withheld: readonly Withheld[];
}

/** The server bounds a query or mutation at 15 s; what takes longer will not come. */
const deadline = 20_000;

/** How often a change is sent. A person waits for it. */
const sendings = 6;

/** A Carehub server as somebody who is signed in sees it. */
export class Carehub {
  readonly patience: Patience;
  readonly keepAlive: number;
  readonly webSocket: unknown;
  readonly #endpoint: URL;
  readonly #token: Options["token"];
  #refused = false;
  #asking: Promise<string> | undefined;

  constructor({ url, token, webSocket, patience = { first: 500, most: 30_000 }, keepAlive = 10_000 }: Options) {
    this.#endpoint = new URL("/graphql", url);
    this.#token = token;
    this.webSocket = webSocket;
    this.patience = patience;
    this.keepAlive = keepAlive;
  }

  /** The address of sockets. */
  get socketAddress(): string {
    return this.#endpoint.href.replace(/^http/, "ws");
  }

  /** The value of an Authorization header. Who ask at the same moment share one token. */
  authorization(): Promise<string> {
    return (this.#asking ??= this.#authorize().finally(() => (this.#asking = undefined)));
  }

  async #authorize(): Promise<string> {
    const token = await this.#token(this.#refused);
    this.#refused = false;
    return `Bearer ${token}`;
  }

  /** Notes that the token does not open the door any more. */
  tokenRefused(): void {
    this.#refused = true;
  }

  /** Runs a query or mutation once, with a new token if the old one is refused. It fails with a CarehubError. */
  async ask<Data, Variables>(document: TypedDocumentString<Data, Variables>, variables: Variables): Promise<Answer<Data>> {
    const body = JSON.stringify({ query: document.toString(), variables });
    try {
      return await this.#post<Data>(body);
    } catch (error) {
      if (!(error instanceof CarehubError) || error.code !== "UNAUTHENTICATED") throw error;
      this.tokenRefused();
      return this.#post<Data>(body);
    }
  }

  /**
   * Runs a mutation whose answer may be lost on the way: it is sent again until one arrives. The key, made once for
   * the change that a person wants, lets the server do it once and tell its outcome each time.
   */
  change<Data, Input extends { idempotencyKey?: string | null | undefined }>(
    document: TypedDocumentString<Data, { input: Input }>,
    input: Input,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<Answer<Data>> {
    const keyed = { ...input, idempotencyKey: input.idempotencyKey ?? crypto.randomUUID() };
    return again(() => this.ask(document, { input: keyed }), this.patience, signal, sendings);
  }

  async #post<Data>(body: string): Promise<Answer<Data>> {
    const headers = {
      Accept: "application/graphql-response+json, application/json",
      Authorization: await this.authorization(),
      "Content-Type": "application/json",
    };
    let answer: { data?: Data | null; errors?: ContractError[]; extensions?: { withheld?: Withheld[] } };
    try {
      const response = await fetch(this.#endpoint, { method: "POST", headers, body, signal: AbortSignal.timeout(deadline) });
      answer = await response.json();
    } catch (cause) {
      throw CarehubError.from(cause instanceof SyntaxError ? new Error("the answer is not Carehub's") : cause);
    }
    if (answer.errors) throw CarehubError.of(answer.errors);
    if (!answer.data) throw new CarehubError(unreachable, "the answer is not Carehub's");
    return { data: answer.data, withheld: answer.extensions?.withheld ?? [] };
  }
}
