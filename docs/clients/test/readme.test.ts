import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { CarehubError, unreachable } from "../src/index.js";
import { connect, explain, firstPage, openQueue, reasons } from "../src/readme.js";
import { closeCodes, commands, errorCodes, source } from "./readme.js";
import { Server, until } from "./server.js";

/** All that an expression finds in a file of the project. */
const found = (path: string, expression: RegExp) => [...source(path).matchAll(expression)].map(([, first]) => first!);

describe("README.md", () => {
  let server: Server;
  before(async () => void (server = await Server.start("sqlite")));
  after(() => server.remove());

  test("explains every error code", () => {
    const codes = found("graph/fault/fault.go", /Code = "([A-Z_]+)"/g);
    assert.ok(codes.length > 10);
    assert.deepEqual([...errorCodes].sort(), [...codes, "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", unreachable].sort());
  });

  test("explains every close code", () => {
    const names: Record<string, number> = { StatusServiceRestart: 1012, StatusTryAgainLater: 1013 };
    const codes = found("server/wire/message.go", /^\tclose\w+ += websocket\.(.*)$/gm)
      .filter((code) => code !== "StatusNormalClosure")
      .map((code) => names[code] ?? Number(/^StatusCode\((\d+)\)$/.exec(code)?.[1]));
    assert.ok(codes.length > 8);
    // That of a message beyond the limit is the websocket library's.
    assert.deepEqual(closeCodes.map(({ code }) => code), [1009, ...codes]);
  });

  test("has words for every reason to withhold", () => {
    const conditions = found("schema.graphqls", /@access\(to: \[[^\]]*LIAISON[^\]]*\], when: ([A-Z_]+)\)/g);
    const fixed = found("graph/view/withhold.go", /NotInView = "([A-Z_]+)"/g);
    assert.deepEqual(Object.keys(reasons).sort(), [...new Set([...conditions, ...fixed])].sort());
  });

  test("has commands that work", async () => {
    const folder = mkdtempSync(join(tmpdir(), "carehub-"));
    try {
      for (const command of commands) {
        await promisify(execFile)("bash", ["-euo", "pipefail", "-c", command], {
          cwd: folder,
          env: { ...process.env, CAREHUB_URL: server.url },
        });
      }
      assert.equal(readFileSync(join(folder, "liaison.graphqls"), "utf8"), source("docs/clients/liaison.graphqls"));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("shows the queue live, and what is withheld", async () => {
    const carehub = connect(server.url);
    let lines: string[] = [];
    const told: string[] = [];
    const queue = openQueue(carehub, {
      show: (all) => (lines = all),
      notify: (text) => told.push(text),
      status: (text) => told.push(text),
    });
    await until("the page is live", () => told.includes("live") && lines.length > 0);
    const before = lines.length;
    const id = await server.submit();
    await until("it is told", () => told.length === 2);
    queue.stop();
    assert.match(told[1]!, /^C-\S+ created$/);
    assert.equal(lines.length, before + 1);
    const [number] = told[1]!.split(" ");
    const streamed = lines.find((shown) => shown.startsWith(number!))!;
    assert.match(streamed, / · pt_\w+ · \(name withheld until the patient consents\)$/);

    const listed = (await firstPage(carehub)).find(({ row }) => row.id === id)!;
    assert.deepEqual([listed.row.patient?.name, listed.withheld], [null, { "patient.name": "MEDICAL_AFFAIRS_CONSENT" }]);
  });

  test("explains what went wrong", () => {
    assert.equal(explain(new CarehubError("UNAUTHENTICATED", "no")), "Please sign in again.");
    assert.equal(explain(new CarehubError("FORBIDDEN", "no")), "You have no access.");
    assert.match(explain(new CarehubError("TIMEOUT", "no")), /try again/);
    assert.equal(explain(new CarehubError("CONFLICT", "read it again", { requestId: "r1" })), "read it again (CONFLICT, r1)");
  });
});
