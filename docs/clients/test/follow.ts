import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { WebSocket } from "ws";
import { Carehub, CarehubError, followCases, type Followed, type Options, type Shown } from "../src/index.js";
import { TypedDocumentString, type CaseRowFragment, type QueueQuery, type QueueQueryVariables } from "../src/contract/graphql.js";
import { demoToken, Entering, Queue } from "../src/readme.js";
import { openSocket } from "../src/socket.js";
import { Proxy } from "./proxy.js";
import { closeCodes } from "./readme.js";
import { Server, until, type Engine } from "./server.js";

/** A page that remembers what it is told. */
class Page {
  cases: string[] = [];
  readonly entered: string[] = [];
  readonly lost: string[] = [];
  failure: CarehubError | undefined;
  live = false;
  lists = 0;
  readonly #followed: Followed;

  constructor(url: string, options: Partial<Options> = {}, list = Queue) {
    const carehub = new Carehub({
      url,
      token: () => demoToken(server.url),
      patience: { first: 10, most: 100 },
      ...options,
    });
    this.#followed = followCases(carehub, {
      list,
      stream: Entering,
      changed: (cases: ReadonlyMap<string, Shown<CaseRowFragment>>) => {
        this.lists++;
        this.cases = [...cases.keys()].sort();
      },
      entered: ({ id }) => this.entered.push(id),
      live: (live, why) => {
        this.live = live;
        if (why) this.lost.push(why.code);
      },
      failed: (why) => (this.failure = why),
    });
    opened.push(this);
  }

  /** Waits until the list was read and the stream is open. */
  async opens(): Promise<this> {
    await until("the page is live", () => this.live && this.lists > 0);
    return this;
  }

  /** Waits until these cases have entered, and fails if others have or one did twice. */
  async sees(...ids: string[]): Promise<void> {
    await until("all have entered", () => this.entered.length >= ids.length || this.failure !== undefined);
    assert.deepEqual(this.entered, ids);
    assert.equal(this.failure, undefined);
    for (const id of ids) assert.ok(this.cases.includes(id), "it is in the queue");
  }

  async fails(code: string): Promise<void> {
    await until("it has failed", () => this.failure !== undefined);
    assert.equal(this.failure?.code, code);
  }

  reload(): Promise<void> {
    return this.#followed.reload();
  }

  close(): void {
    this.#followed.stop();
  }
}

const opened: Page[] = [];
let server: Server;
let proxy: Proxy;

/** What waits for the liaison, as the server says. */
async function waiting(): Promise<string[]> {
  const { caseQueue } = await server.as("liaison", "{ caseQueue(first: 100) { nodes { id } pageInfo { hasNextPage } } }");
  assert.equal(caseQueue.pageInfo.hasNextPage, false);
  return caseQueue.nodes.map(({ id }: { id: string }) => id).sort();
}

/** What a page may rely on, whatever happens to the network, the token and the server. */
export function testFollowing(engine: Engine): void {
  describe(`a queue on ${engine}`, () => {
    before(async () => void (server = await Server.start(engine)));
    after(() => server.remove());
    beforeEach(async () => void (proxy = await Proxy.start(server)));
    afterEach(() => {
      for (const page of opened.splice(0)) page.close();
      proxy.stop();
    });

    test("what enters while the list is read is there once", async () => {
      let between = "";
      let behind = "";
      proxy.asked = async (query) => {
        if (query.includes("query Queue") && !between) between = await server.submit();
      };
      proxy.answered = async (query) => {
        if (query.includes("query Queue") && !behind) behind = await server.submit();
      };
      const page = await new Page(proxy.url).opens();
      await page.sees(behind);
      // Of what entered just before, the stream may tell as well.
      assert.deepEqual(proxy.delivered.slice(-2), [between, behind], "the stream told of both");
      assert.deepEqual(page.cases, await waiting());
    });

    test("the list is read page by page", async () => {
      let pages = 0;
      proxy.asked = (query) => void (query.includes("query Queue") && pages++);
      const list = new TypedDocumentString<QueueQuery, QueueQueryVariables>(Queue.toString().replace("first: 50", "first: 1"));
      const page = await new Page(proxy.url, {}, list).opens();
      assert.ok(pages > 1);
      assert.equal(pages, page.cases.length);
      assert.deepEqual(page.cases, await waiting());
    });

    test("after a dropped connection nothing is lost and nothing repeated", async () => {
      const page = await new Page(proxy.url).opens();
      const first = await server.submit();
      await page.sees(first);
      proxy.turning.away = Infinity;
      proxy.cut();
      await until("it was cut off", () => !page.live);
      const second = await server.submit();
      const third = await server.submit();
      assert.deepEqual(page.entered, [first]);
      proxy.turning.away = 0;
      await page.sees(first, second, third);
      proxy.cut();
      await until("it was cut off", () => !page.live);
      const last = await server.submit();
      await page.sees(first, second, third, last);
      assert.deepEqual(proxy.delivered.filter((id) => page.entered.includes(id)), page.entered, "the server sent each once");
      assert.deepEqual(page.cases, await waiting());
    });

    test("with the sockets of the package ws, too", async () => {
      const page = await new Page(proxy.url, { webSocket: WebSocket }).opens();
      proxy.cut();
      await until("it is back", () => page.live && proxy.connections === 2);
      await page.sees(await server.submit());
    });

    test("an expired token is replaced", async () => {
      const refusals: boolean[] = [];
      let given = server.token("liaison", Date.now() - 3_600_000);
      const page = await new Page(proxy.url, {
        token: async (refused) => {
          refusals.push(refused);
          return refused ? (given = await demoToken(server.url)) : given;
        },
      }).opens();
      assert.deepEqual(refusals.slice(0, 2), [false, true]);
      assert.ok(!refusals.includes(true, 2), "the new one is good");
      await page.sees(await server.submit());
    });

    test("a token that ends meanwhile is replaced", async () => {
      let given = server.token("liaison", Date.now() + 3_000);
      const page = await new Page(proxy.url, {
        token: async (refused) => (refused ? (given = await demoToken(server.url)) : given),
      }).opens();
      const first = await server.submit();
      await page.sees(first);
      await until("the token has ended", () => page.lost.includes("CLOSED_4403"));
      const second = await server.submit();
      await page.sees(first, second);
      assert.deepEqual(proxy.delivered.filter((id) => page.entered.includes(id)), page.entered);
    });

    test("who cannot be given a token comes back until there is one", async () => {
      let outage = 0;
      const page = await new Page(proxy.url, {
        token: () => {
          if (outage > 0 && outage--) throw new Error("the issuer is away");
          return demoToken(server.url);
        },
      }).opens();
      outage = 7;
      proxy.cut();
      await until("it is back", () => page.live && outage === 0);
      assert.equal(page.failure, undefined);
      await page.sees(await server.submit());
    });

    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      test(`a restart by ${signal} loses nothing`, async () => {
        const page = await new Page(server.url).opens();
        const first = await server.submit();
        await page.sees(first);
        await server.stop(signal);
        await until("more refusals than graphql-ws bears by itself", () => page.lost.length > 20);
        assert.equal(page.lost[0], signal === "SIGTERM" ? "CLOSED_1012" : "CLOSED_1006");
        await server.start();
        const second = await server.submit();
        await page.sees(first, second);
        assert.deepEqual(page.cases, await waiting());
      });
    }

    for (const { code, comesBack } of closeCodes) {
      test(`after ${code} it ${comesBack ? "comes back" : "ends"}, as README.md says`, async () => {
        const page = await new Page(proxy.url).opens();
        proxy.close(code);
        if (!comesBack) await page.fails(`CLOSED_${code}`);
        const id = await server.submit();
        if (comesBack) await page.sees(id);
        assert.equal(proxy.connections, comesBack ? 2 : 1);
        assert.ok(page.lost.includes(`CLOSED_${code}`));
      });
    }

    test("a socket that is refused comes back by itself", async () => {
      const away = await Proxy.start(server);
      away.stop();
      const over = new AbortController();
      let refusals = 0;
      const carehub = new Carehub({ url: away.url, token: () => demoToken(server.url), patience: { first: 1, most: 10 } });
      const socket = openSocket(carehub, { opened: () => assert.fail("who opened it?"), lost: () => void refusals++ }, over.signal);
      let given: unknown;
      const leave = socket.subscribe({ query: Entering.toString() }, { next() {}, error: (why) => (given = why), complete() {} });
      await until("more refusals than graphql-ws bears by itself", () => refusals > 20 || given !== undefined);
      over.abort();
      leave();
      assert.equal(given, undefined);
    });

    test("retries do not stop", async () => {
      const page = await new Page(proxy.url).opens();
      proxy.turning = { away: 12, code: 1013 };
      proxy.close(1012);
      await until("it is back", () => page.live && proxy.connections === 14);
      assert.deepEqual(page.lost, ["CLOSED_1012", ...Array(12).fill("CLOSED_1013")]);
      await page.sees(await server.submit());
    });

    test("a connection that is dead without a word is noticed", async () => {
      const page = await new Page(proxy.url, { keepAlive: 300 }).opens();
      proxy.freeze();
      const missed = await server.submit();
      await until("it is given up", () => page.lost.includes("CLOSED_4499"));
      await page.sees(missed);
    });

    test("a stream that the server ends is taken up again", async () => {
      const page = await new Page(proxy.url).opens();
      const first = await server.submit();
      await page.sees(first);
      proxy.end({ type: "complete" });
      await until("it is back", () => proxy.connections === 2 && page.live);
      const second = await server.submit();
      await page.sees(first, second);
      proxy.end({ type: "error", payload: [{ message: "internal error", extensions: { code: "INTERNAL" } }] });
      await until("it is back", () => proxy.connections === 3 && page.live);
      const third = await server.submit();
      await page.sees(first, second, third);
    });

    test("what is final is told, and nothing is tried after it", async () => {
      const page = await new Page(proxy.url).opens();
      proxy.end({ type: "error", payload: [{ message: "no", extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }] });
      await page.fails("GRAPHQL_VALIDATION_FAILED");
      await server.submit();
      assert.deepEqual([proxy.connections, page.entered], [1, []]);
    });

    test("what has left is gone after the list is read anew", async () => {
      const page = await new Page(proxy.url).opens();
      const id = await server.submit();
      await page.sees(id);
      await server.as("liaison", "mutation ($input: AcceptCaseInput!) { acceptCase(input: $input) { case { id } } }", { input: { caseId: id } });
      await page.reload();
      assert.ok(!page.cases.includes(id));
      assert.deepEqual(page.cases, await waiting());
      await server.as("liaison", "mutation ($input: ReturnToQueueInput!) { returnToQueue(input: $input) { case { id } } }", {
        input: { caseId: id, reason: "not today" },
      });
      await page.sees(id, id);
    });

    test("a case that was accepted before the client hears of it does not wait", async () => {
      const page = await new Page(proxy.url).opens();
      proxy.turning.away = Infinity;
      proxy.cut();
      await until("it was cut off", () => !page.live);
      const taken = await server.submit();
      await server.as("liaison", "mutation ($input: AcceptCaseInput!) { acceptCase(input: $input) { case { id } } }", { input: { caseId: taken } });
      proxy.turning.away = 0;
      await until("the stream told of it", () => proxy.delivered.includes(taken));
      await page.sees(await server.submit());
      assert.ok(!page.cases.includes(taken));
    });

    test("after a change of rights the list is read anew", async () => {
      const elsewhere = await server.submit();
      await server.as("liaison", "mutation ($input: RerouteCaseInput!) { rerouteCase(input: $input) { caseId } }", {
        input: { caseId: elsewhere, department: "QUALITY", reason: "the pen does not click" },
      });
      const page = await new Page(proxy.url).opens();
      const first = await server.submit();
      await page.sees(first); // so that the stream is past the case that it may not tell of
      assert.ok(!page.cases.includes(elsewhere));
      server.importStaff(
        "{persona: LIAISON, issuer: 'urn:carehub:demo', subject: liaison, name: Lena Marlow, memberships: [{department: QUALITY, role: MEMBER}]}",
      );
      await until("the case is in sight", () => page.cases.includes(elsewhere));
      assert.deepEqual(page.cases, await waiting());
      await page.sees(first, await server.submit());
    });

    test("a cursor of another history leads to the new list", async () => {
      const page = await new Page(server.url).opens();
      const before = page.cases;
      await server.stop("SIGKILL");
      server.newDatabase();
      await server.start();
      const now = await waiting();
      await until("the list is the new one", () => page.cases.join() === now.join());
      assert.notDeepEqual(now, before);
      await page.sees(await server.submit());
    });

    test("a cursor that nobody can open leads to the list", async () => {
      const page = await new Page(server.url).opens();
      await server.stop("SIGKILL");
      server.newSecret();
      const { lists } = page;
      await server.start();
      await until("the list was read anew", () => page.lists > lists);
      await page.sees(await server.submit());
    });

    test("somebody who is shut out is told so", async () => {
      const page = await new Page(proxy.url).opens();
      server.importStaff("{persona: LIAISON, issuer: 'urn:carehub:demo', subject: liaison, name: Lena Marlow, status: DISABLED}");
      await page.fails("FORBIDDEN");
    });
  });
}
