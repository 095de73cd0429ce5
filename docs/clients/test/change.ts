import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { Carehub, CarehubError, type Followed, type Options } from "../src/index.js";
import type { CaseRowFragment } from "../src/contract/graphql.js";
import { accept, Accept, demoToken, firstPage, reroute, Reroute } from "../src/readme.js";
import { Proxy } from "./proxy.js";
import { Server, type Engine } from "./server.js";

/** What a page may rely on when it changes something. */
export function testChanges(engine: Engine): void {
  describe(`changes on ${engine}`, () => {
    let server: Server;
    let proxy: Proxy;
    before(async () => void (server = await Server.start(engine)));
    after(() => server.remove());
    beforeEach(async () => void (proxy = await Proxy.start(server)));
    afterEach(() => proxy.stop());

    const carehub = (options: Partial<Options> = {}) =>
      new Carehub({ url: proxy.url, token: () => demoToken(server.url), patience: { first: 10, most: 50 }, ...options });

    /** A queue that remembers what was taken out. */
    function queue(): Followed & { removed: string[] } {
      const removed: string[] = [];
      return { removed, remove: async (id) => void removed.push(id), reload: async () => {}, stop: () => {} };
    }

    async function submitted(): Promise<CaseRowFragment> {
      const id = await server.submit();
      return (await firstPage(carehub())).find(({ row }) => row.id === id)!.row;
    }

    async function history(id: string): Promise<string[]> {
      const read = await server.as("liaison", "query ($id: ID!) { case(id: $id) { history { nodes { toStatus } } } }", { id });
      return read.case.history.nodes.map(({ toStatus }: { toStatus: string }) => toStatus);
    }

    /** The error of something that fails. */
    async function failure(doing: Promise<unknown>): Promise<CarehubError> {
      const error = await doing.then(() => assert.fail("it succeeded"), (cause) => cause);
      assert.ok(error instanceof CarehubError, String(error));
      return error;
    }

    test("a change whose answers are lost is done once", async () => {
      const { id } = await submitted();
      const from = queue();
      let sent = 0;
      proxy.asked = () => void sent++;
      proxy.losing = 3;
      assert.equal((await accept(carehub(), from, id))?.status, "ACCEPTED");
      assert.equal(sent, 4);
      assert.deepEqual(await history(id), ["ACCEPTED", "ROUTED", "NEW"]);
      assert.deepEqual(from.removed, [id]);
    });

    test("a change that nobody answers is given up", async () => {
      const { id } = await submitted();
      proxy.losing = Infinity;
      const error = await failure(accept(carehub(), queue(), id));
      assert.deepEqual([error.code, error.passes], ["UNREACHABLE", true]);
    });

    test("a colleague who was faster takes the case", async () => {
      const row = await submitted();
      const own = await reroute(carehub(), queue(), row, "MEDICAL_INFORMATION", "off label");
      assert.equal(own?.department, "MEDICAL_INFORMATION", "it stays in sight");
      await server.as("reviewer", "mutation ($input: AcceptCaseInput!) { acceptCase(input: $input) { case { id } } }", { input: { caseId: row.id } });
      const from = queue();
      assert.equal(await accept(carehub(), from, row.id), undefined);
      assert.deepEqual(from.removed, [row.id]);
      const error = await failure(carehub().change(Accept, { caseId: row.id }));
      assert.equal(error.code, "ALREADY_ACCEPTED");
      assert.ok(Date.parse(error.details.acceptedAt ?? "") <= Date.now());
    });

    test("a case that is sent away is out of sight", async () => {
      const row = await submitted();
      const from = queue();
      assert.equal(await reroute(carehub(), from, row, "QUALITY", "the pen does not click"), undefined);
      assert.deepEqual(from.removed, [row.id]);
      assert.equal((await failure(carehub().change(Accept, { caseId: row.id }))).code, "NOT_FOUND");
    });

    test("an input that is wrong is named", async () => {
      const row = await submitted();
      const short = await failure(reroute(carehub(), queue(), row, "QUALITY", "no"));
      assert.deepEqual([short.code, short.details.argument, short.passes], ["BAD_USER_INPUT", "input.reason", false]);
      assert.ok(short.details.requestId);
      const stale = await failure(reroute(carehub(), queue(), { ...row, version: row.version - 1 }, "QUALITY", "the pen"));
      assert.equal(stale.code, "CONFLICT");
    });

    test("a key stands for one input", async () => {
      const row = await submitted();
      const input = { idempotencyKey: crypto.randomUUID(), caseId: row.id, department: "QUALITY", reason: "the pen" } as const;
      await carehub().change(Reroute, input);
      const again = await carehub().change(Reroute, input);
      assert.deepEqual(again.data.rerouteCase, { caseId: row.id, department: "QUALITY", case: null });
      const other = await failure(carehub().change(Reroute, { ...input, reason: "another" }));
      assert.deepEqual([other.code, other.details.argument], ["CONFLICT", "input.idempotencyKey"]);
    });

    test("a token that is refused is replaced once", async () => {
      const refusals: boolean[] = [];
      const token = (refused: boolean) => {
        refusals.push(refused);
        return "nonsense";
      };
      assert.equal((await failure(firstPage(carehub({ token })))).code, "UNAUTHENTICATED");
      assert.deepEqual(refusals, [false, true]);
    });

    test("who ask at the same moment share a token", async () => {
      let signedIn = 0;
      const client = carehub({ token: () => (signedIn++, demoToken(server.url)) });
      await Promise.all([firstPage(client), firstPage(client), firstPage(client)]);
      assert.equal(signedIn, 1);
    });
  });
}
