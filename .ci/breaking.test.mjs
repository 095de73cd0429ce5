// Tests of breaking.mjs, each in a repository of its own.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("breaking.mjs", import.meta.url));
const view = "type Query {\n  me: String\n  cases(first: Int): [String!]!\n}\n";

/** Runs the script in a repository whose last commit has one view, after the change. */
function run(t, change, ...args) {
  const root = mkdtempSync(join(tmpdir(), "breaking-"));
  t.after(() => rmSync(root, { recursive: true }));
  const write = (path, text) => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const git = (...args) => execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], { cwd: root });
  git("init", "-q");
  git("commit", "-q", "--allow-empty", "-m", "nothing");
  write("graph/view/testdata/patient.graphqls", view);
  write("graph/view/testdata/fields.golden", "no schema");
  git("add", ".");
  git("commit", "-q", "-m", "a view");
  change(write, root);
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { cwd: root, encoding: "utf8" });
  return { status, out: stdout + stderr };
}

const patient = "graph/view/testdata/patient.graphqls";
const shorter = view.replace("  me: String\n", "");
const gone = "patient: Query.me was removed.";

test("the same view breaks nothing", (t) => {
  const { status, out } = run(t, () => {});
  assert.equal(status, 0, out);
  assert.match(out, /^1 views compared with HEAD: 0 breaking/m);
});

test("an addition breaks nothing", (t) => {
  const { status, out } = run(t, (write) => write(patient, view.replace("me:", "name: String\n  me:")));
  assert.equal(status, 0, out);
});

test("a new view breaks nothing", (t) => {
  const { status, out } = run(t, (write) => write("graph/view/testdata/admin.graphqls", shorter));
  assert.equal(status, 0, out);
});

test("a lost field breaks", (t) => {
  const { status, out } = run(t, (write) => write(patient, shorter));
  assert.equal(status, 1, out);
  assert.ok(out.includes(`BREAKS   ${gone}`), out);
});

test("a demanded argument breaks", (t) => {
  const { status, out } = run(t, (write) => write(patient, view.replace("first: Int", "first: Int!")));
  assert.equal(status, 1, out);
});

test("a lost view breaks", (t) => {
  const { status, out } = run(t, (write, root) => rmSync(join(root, patient)));
  assert.equal(status, 1, out);
});

test("what is allowed passes, and nothing else", (t) => {
  const allow = (write) => write(".ci/breaking-allowed.txt", `# Nobody asked for it.\n${gone}\n`);
  const meant = run(t, (write) => (write(patient, shorter), allow(write)));
  assert.equal(meant.status, 0, meant.out);
  const more = run(t, (write) => (write(patient, shorter.replace("first: Int", "first: Int!")), allow(write)));
  assert.equal(more.status, 1, more.out);
});

test("another commit can be named", (t) => {
  const { status, out } = run(t, (write) => write(patient, shorter), "HEAD~1");
  assert.equal(status, 0, out);
  assert.match(out, /^0 views compared with HEAD~1/m);
});

test("a commit that does not exist fails", (t) => {
  assert.notEqual(run(t, () => {}, "nonesuch").status, 0);
});
