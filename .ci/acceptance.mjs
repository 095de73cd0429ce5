// The outside suites against a running demo server, as one identity of each persona and against that persona's view of
// the contract: node .ci/acceptance.mjs FOLDER SUITES URL
//
// FOLDER holds the suites with what they need installed, SUITES names those to run (http-audit,ws,sse,relay,lint,clients).
// The configurations stay in FOLDER/configs. They also tell a security suite what it may attack and which limits hold.
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const [folder, names, server] = process.argv.slice(2);
const wanted = new Set(names.split(","));
const contract = fileURLToPath(new URL("../schema.graphqls", import.meta.url));
const configs = resolve(folder, "configs");

/** Who runs what. The prepare function asks the server for what only it knows, and returns parts of a configuration. */
const runs = [
  { as: "liaison", suites: ["http-audit", "ws", "sse", "relay", "lint", "clients"], prepare: liaison, traffic: ["ws", "sse"] },
  { as: "provider", suites: ["ws", "sse", "relay", "lint", "clients"], prepare: provider },
  { as: "patient", suites: ["relay", "lint"] },
  { as: "coordinator", suites: ["relay", "lint"], prepare: coordinator },
  { as: "safety", suites: ["relay", "lint"] },
  { as: "analyst", suites: ["relay", "lint"] },
  { as: "admin", suites: ["relay", "lint"] },
];

/** What holds for everybody. */
const common = {
  ops: {
    public: { query: "{ __typename }" },
    protected: { query: "{ products(first: 1) { edges { node { id } } } }", path: "products.edges" },
    variables: {
      query: "query V($name: String!) { products(first: 1, filter: { name: $name }) { totalCount } }",
      variables: { name: "a" },
      path: "products.totalCount",
      echo: false,
    },
    fail: { query: '{ node(id: "product_00000000000000000000000000") { id } }' },
    badSubscription: { query: "subscription { nope__ }" },
    strings: [
      {
        query: "query S($s: String!) { products(first: 3, filter: { name: $s }) { totalCount edges { node { id } } } }",
        variable: "s",
        count: "products.totalCount",
      },
      { query: "query S($s: ID!) { node(id: $s) { id } }", variable: "s" },
    ],
    ints: [{ query: "query I($n: Int!) { products(first: $n) { totalCount } }", variable: "n" }],
    cursors: [{ query: "query C($c: Cursor) { products(first: 2, after: $c) { edges { cursor } } }", variable: "c" }],
    wide: { field: "products(first: 1) { totalCount }" },
  },
  // Whole lists are compared, however long the demo data makes them.
  relay: { sizes: [1, 2, 3, 7, 25], maxPage: 100, maxEdges: 10_000 },
  ws: { initTimeoutMs: 5_000, maxMessageBytes: 256 << 10, maxSubscriptions: 100, serverPingWithinMs: 12_000 },
  policy: {
    introspection: "on",
    batching: "refused",
    getQueries: "on",
    apq: "on",
    corsOrigin: "",
    maxAliases: 50,
    maxDepth: 20,
    maxBodyBytes: 1 << 20,
    headerTimeoutMs: 5_000,
    bodyTimeoutMs: 20_000,
    openPaths: ["/", "/console", "/livez", "/readyz", "/version"],
  },
};

/** A liaison accepts a case of the team and gives it back, which changes nothing but can be followed. */
async function liaison(ask) {
  const { caseQueue, myClients, caseStreamHead } = await ask(`{
    caseQueue(first: 1, department: MEDICAL_AFFAIRS) { nodes { id } }
    myClients(first: 100) { nodes { provider { id touchpoints { totalCount } } } }
    caseStreamHead
  }`);
  const [{ provider }] = myClients.nodes.sort((a, b) => b.provider.touchpoints.totalCount - a.provider.touchpoints.totalCount);
  const page = "(first: 100) { nodes {";
  return {
    ops: {
      mutation: acceptAndReturn(caseQueue.nodes[0].id),
      live: {
        query: "subscription Assigned($after: StreamCursor) { caseAssigned(after: $after) { ... on CaseAssigned { case { id } } } }",
        variables: { after: caseStreamHead },
        trigger: "mutation",
        path: "caseAssigned.case.id",
      },
      // No stream of the contract ends by itself. A query over the same transports has one event and does.
      subscription: {
        query: "query One($first: Int!) { products(first: $first) { nodes { id } } }",
        variables: { first: 1 },
        count: 1,
      },
      longSubscription: { query: "subscription { caseCreated { __typename } }" },
      recursive: { head: "caseQueue(first: 1) { nodes { ", nest: "parent { ", leaf: "id", fragmentOn: "Case" },
      amplify: { query: `{ caseQueue${page} children${page} children${page} history${page} id } } } } } } } } }` },
    },
    relay: { args: { "Query.clientTouchpoints": { id: provider.id }, "Query.clientPatientTouchpoints": { id: provider.id } } },
  };
}

/** A provider asks a question, and follows what becomes of it. */
async function provider(ask) {
  const { products, caseStreamHead } = await ask("{ products(first: 1) { nodes { id } } caseStreamHead }");
  const input = {
    productId: products.nodes[0].id,
    unsolicited: true,
    involvesAdverseEvent: false,
    questions: [{ topic: "DOSING", text: "Is the dose adjusted in renal impairment?" }],
  };
  return {
    ops: {
      mutation: {
        query: "mutation Submit($input: SubmitMedicalInquiryInput!) { submitMedicalInquiry(input: $input) { case { id status } } }",
        variables: { input },
        path: "submitMedicalInquiry.case",
      },
      live: {
        query: "subscription Mine($after: StreamCursor) { myCaseUpdated(after: $after) { ... on CaseUpdated { case { id } } } }",
        variables: { after: caseStreamHead },
        trigger: "mutation",
        path: "myCaseUpdated.case.id",
      },
    },
  };
}

/** A coordinator looks up a patient. */
async function coordinator(ask) {
  const { patients } = await ask("{ patients(first: 1) { nodes { id } } }");
  const patientId = patients.nodes[0].id;
  return { relay: { args: { "Query.consentLedger": { patientId }, "Query.patientTouchpoints": { patientId } } } };
}

/** acceptAndReturn is a mutation that can be repeated without end. */
function acceptAndReturn(caseId) {
  return {
    query: `mutation AcceptAndReturn($accept: AcceptCaseInput!, $return: ReturnToQueueInput!) {
      acceptCase(input: $accept) { case { id status } }
      returnToQueue(input: $return) { case { id status } }
    }`,
    variables: { accept: { caseId }, return: { caseId, reason: "It was only looked at." } },
    path: "returnToQueue.case",
  };
}

/** signIn returns the token of a demo identity. */
async function signIn(as) {
  const answer = await fetch(`${server}/demo/token`, { method: "POST", body: JSON.stringify({ as }) });
  if (!answer.ok) throw new Error(`${as} cannot sign in: HTTP ${answer.status}`);
  return (await answer.json()).token;
}

/** asker returns a function that runs operations with the token and fails on errors. */
function asker(token) {
  return async (query, variables) => {
    const answer = await fetch(`${server}/graphql`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await answer.json();
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  };
}

/** traffic lets a reviewer accept and return a case of medical information until told to stop: liaisons of that
 * department have a stream that never runs dry. */
function traffic() {
  let over = false;
  const running = (async () => {
    const ask = asker(await signIn("reviewer"));
    const { caseQueue } = await ask("{ caseQueue(first: 1) { nodes { id } } }");
    const { query, variables } = acceptAndReturn(caseQueue.nodes[0].id);
    while (!over) {
      await ask(query, variables);
      await sleep(100);
    }
  })();
  return async () => {
    over = true;
    await running;
  };
}

/** configure writes the configuration of a run and returns its path. */
async function configure({ as, prepare }, name, token) {
  const own = prepare ? await prepare(asker(token)) : {};
  const file = join(configs, `${as}-${name}.json`);
  const config = { ...common, ops: { ...common.ops, ...own.ops }, relay: { ...common.relay, ...own.relay } };
  if (name === "clients") {
    // Clients insist that a subscription is one; they leave it after its first item, which says that it has begun.
    config.ops.subscription = { query: own.ops.live.query, count: 1 };
    config.waive = { "clients/apollo-sub": "waits for the end of a stream, and none of the contract's ends" };
  }
  writeFileSync(file, JSON.stringify(config, null, 2));
  return file;
}

let passed = 0;
let failed = 0;
const table = [];

/** suite runs one suite and adds up what it says. What passed is not printed. */
async function suite(name, who, options, token) {
  const environment = { ...process.env, ACCEPT_TOKEN: token };
  const output = await new Promise((done) => {
    const script = join(resolve(folder), `${name}.mjs`);
    execFile(process.execPath, [script, ...options], { env: environment, timeout: 300_000, maxBuffer: 1 << 26 }, (_, out, err) => done(out + err));
  });
  console.log(`== ${name} as ${who}`);
  console.log(output.split("\n").filter((line) => !line.startsWith("ok ")).join("\n"));
  const counts = /^(\d+) passed, (\d+) failed.*$/m.exec(output);
  passed += Number(counts?.[1] ?? 0);
  failed += Number(counts?.[2] ?? 1);
  table.push(`${who.padEnd(12)} ${name.padEnd(11)} ${counts?.[0] ?? "did not finish"}`);
}

mkdirSync(configs, { recursive: true });
if (wanted.has("lint")) await suite("lint", "contract", ["--schema", contract], "");
for (const run of runs) {
  const token = await signIn(run.as);
  const schema = join(configs, `${run.as}.graphqls`);
  const answer = await fetch(`${server}/schema`, { headers: { Authorization: `Bearer ${token}` } });
  writeFileSync(schema, await answer.text());
  for (const name of run.suites.filter((each) => wanted.has(each))) {
    const stop = run.traffic?.includes(name) ? traffic() : undefined;
    // Anew for each suite: a stream is followed from where it is now.
    const config = await configure(run, name, token);
    await suite(name, run.as, ["--url", `${server}/graphql`, "--schema", schema, "--config", config], token);
    await stop?.();
  }
}
console.log(table.join("\n"));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
