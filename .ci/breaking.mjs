// Fails when a view of the contract broke for the clients of a persona: node .ci/breaking.mjs [REF]
//
// It compares the printed views with those of the commit that REF names, otherwise of the last one; run it in the
// root of the repository. A view that the commit does not have is new and breaks nothing. A break that is meant stands
// in .ci/breaking-allowed.txt, one a line and in the words in which it is listed here.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { buildSchema, findBreakingChanges } from "graphql";

const ref = process.argv[2] ?? "HEAD";
const folder = "graph/view/testdata/";
const allowances = ".ci/breaking-allowed.txt";

const git = (...args) => execFileSync("git", args, { encoding: "utf8", maxBuffer: 1 << 26 });

const views = git("ls-tree", "--name-only", ref, folder).split("\n").filter((path) => path.endsWith(".graphqls"));

const breaks = views.flatMap((path) => {
  const persona = basename(path, ".graphqls");
  if (!existsSync(path)) return [`${persona}: the view is gone.`];
  const before = buildSchema(git("show", `${ref}:${path}`));
  const now = buildSchema(readFileSync(path, "utf8"));
  return findBreakingChanges(before, now).map((change) => `${persona}: ${change.description}`);
});

const allowed = new Set(
  existsSync(allowances) ? readFileSync(allowances, "utf8").split("\n").map((line) => line.trim()) : [],
);
const refused = breaks.filter((line) => !allowed.has(line));

for (const line of breaks) console.log(`${allowed.has(line) ? "allowed" : "BREAKS "}  ${line}`);
console.log(`${views.length} views compared with ${ref}: ${refused.length} breaking changes, ${breaks.length - refused.length} more that are allowed`);
if (refused.length > 0) {
  console.log(`What is meant to break goes into ${allowances}, word for word.`);
  process.exitCode = 1;
}
