import type { Carehub } from "./carehub.js";
import { graphql } from "./contract/index.js";
import type { CaseStatus, RoutingReason, TypedDocumentString } from "./contract/graphql.js";
import { CarehubError } from "./error.js";
import { again, backoff, pause } from "./retry.js";
import { openSocket } from "./socket.js";
import { withheldOf, type Reasons, type Withheld } from "./withheld.js";

/** What must be selected of each case, in the list and in the stream. */
export interface QueueCase {
  readonly id: string;
  readonly status: CaseStatus;
  readonly version: number;
}

/** A page of the queue: the result of a query with the variable `$after: Cursor`. */
export interface QueuePage<Case> {
  readonly caseQueue: {
    readonly nodes: readonly Case[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null };
  };
}

/** An item of the stream: the result of a subscription with the variable `$after: StreamCursor`. */
export interface QueueItem<Case> {
  readonly caseCreated:
    | { readonly __typename: "CaseCreated"; readonly cursor: string; readonly reason: RoutingReason; readonly case: Case }
    | { readonly __typename: "StreamCheckpoint"; readonly cursor: string }
    | { readonly __typename: "StreamReset"; readonly cursor: string };
}

/** A case with what is withheld of it. */
export type Shown<Case> = Case & { readonly withheld: Reasons };

/** Which cases to follow, and who hears of them. */
export interface Following<Case extends QueueCase> {
  readonly list: TypedDocumentString<QueuePage<Case>, { after?: string | null }>;
  readonly stream: TypedDocumentString<QueueItem<Case>, { after?: string | null }>;
  /** The cases that wait are now these, by identifier. Also says that the list was read for the first time. */
  changed(cases: ReadonlyMap<string, Shown<Case>>): void;
  /** A case has just entered the queue: once for each time it does. */
  entered?(entered: Shown<Case>, reason: RoutingReason): void;
  /** Whether what is shown is up to date or may be old; then the client is coming back by itself. */
  live?(live: boolean, why?: CarehubError): void;
  /** It is over: somebody has to sign in anew, or the program is wrong. */
  failed(why: CarehubError): void;
}

/** A queue that is being followed. */
export interface Followed {
  /** Reads the list anew, for what has left the queue: accepted by a colleague, or sent elsewhere. */
  reload(): Promise<void>;
  /** Takes out a case of which one knows that it does not wait any more. */
  remove(id: string): Promise<void>;
  /** Ends following. Nobody hears anything after it. */
  stop(): void;
}

const Head = graphql(`
  query Head {
    caseStreamHead
  }
`);

const Me = graphql(`
  query Me {
    me {
      name
    }
  }
`);

/** Keeps the cases that wait in the viewer's queues as the server has them, until it is stopped or fails. */
export function followCases<Case extends QueueCase>(carehub: Carehub, following: Following<Case>): Followed {
  const over = new AbortController();
  const cases = new Map<string, Shown<Case>>();
  const socket = openSocket(carehub, { opened: () => following.live?.(true), lost }, over.signal);
  // graphql-ws sends this very object again when it comes back, so it must hold the newest cursor.
  const operation = { query: following.stream.toString(), variables: { after: "" } };
  let leave = () => {};
  let failures = 0;

  // One step after the other: what arrives while the list is read is newer than the list, and waits for it.
  let steps = Promise.resolve();
  function then(step: () => void | Promise<void>): Promise<void> {
    steps = steps.then(() => (over.signal.aborted ? undefined : step())).catch(fail);
    return steps;
  }

  function stop(): void {
    over.abort();
    leave();
  }

  function fail(cause: unknown): void {
    if (over.signal.aborted) return;
    stop();
    following.failed(CarehubError.from(cause));
  }

  const patiently = <T>(attempt: () => Promise<T>) => again(attempt, carehub.patience, over.signal);

  /** The head is taken before the list is read: an event between the two is in both, and none in neither. */
  async function begin(): Promise<void> {
    const { data } = await patiently(() => carehub.ask(Head, {}));
    operation.variables.after = data.caseStreamHead;
    await load();
    if (!over.signal.aborted) subscribe();
  }

  async function load(): Promise<void> {
    const found = await patiently(() => readAll(carehub, following.list));
    if (over.signal.aborted) return;
    cases.clear();
    for (const each of found) cases.set(each.id, each);
    following.changed(cases);
  }

  function subscribe(): void {
    leave = socket.subscribe<QueueItem<Case>, { withheld?: Withheld[] }>(operation, {
      next({ data, errors, extensions }) {
        failures = 0;
        const item = data?.caseCreated;
        if (item) operation.variables.after = item.cursor;
        // An item that is not whole is as good as none.
        void then(() => (item && !errors ? take(item, extensions?.withheld) : load()));
      },
      error: (cause) => void then(() => refused(CarehubError.from(cause))),
      // No stream ends by itself: the server could not go on with it.
      complete: () => void then(comeBack),
    });
  }

  async function take(item: QueueItem<Case>["caseCreated"], withheld: readonly Withheld[] = []): Promise<void> {
    if (item.__typename === "StreamReset") return load();
    if (item.__typename === "StreamCheckpoint") return;
    const before = cases.get(item.case.id);
    const shown = { ...item.case, withheld: withheldOf(withheld, "caseCreated", "case") };
    // It is told as it is now, and may have been accepted since it entered.
    if (shown.status === "ROUTED") cases.set(shown.id, shown);
    else cases.delete(shown.id);
    following.changed(cases);
    if (shown.status === "ROUTED" && before?.version !== shown.version) following.entered?.(shown, item.reason);
  }

  function refused(why: CarehubError): void | Promise<void> {
    if (why.passes) return comeBack();
    // The server has another secret than the one that sealed the cursor.
    if (why.details.argument === "after") return begin();
    fail(why);
  }

  async function comeBack(): Promise<void> {
    await pause(backoff(carehub.patience, failures++), over.signal);
    if (!over.signal.aborted) subscribe();
  }

  /** The socket comes back by itself, but cannot tell a token that has ended from a person who may not come in. */
  function lost(why: CarehubError): void {
    following.live?.(false, why);
    if (why.code === "CLOSED_4403") void then(async () => void (await patiently(() => carehub.ask(Me, {}))));
  }

  void then(begin);
  return {
    reload: () => then(load),
    remove: (id) => then(() => void (cases.delete(id) && following.changed(cases))),
    stop,
  };
}

/** Reads the pages of the queue that follow the cursor. */
async function readAll<Case extends QueueCase>(carehub: Carehub, list: Following<Case>["list"], after?: string | null): Promise<Shown<Case>[]> {
  const { data, withheld } = await carehub.ask(list, { after });
  const { nodes, pageInfo } = data.caseQueue;
  const page = nodes.map((each, i) => ({ ...each, withheld: withheldOf(withheld, "caseQueue", "nodes", i) }));
  return pageInfo.hasNextPage ? [...page, ...(await readAll(carehub, list, pageInfo.endCursor))] : page;
}
