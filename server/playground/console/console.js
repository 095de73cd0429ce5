// The plain console: everything a persona can ask, with nothing but what browsers bring.
import { element } from "./dom.js";
import { examplesFor } from "./examples.js";
import { showSignIn } from "./signin.js";
import { subscribe } from "./socket.js";
import { showWithheld } from "./withheld.js";

/** How many answers of a subscription stay on the page. */
const kept = 100;

const page = Object.fromEntries([...document.querySelectorAll("[id]")].map((part) => [part.id, part]));

/** The signed-in identity, and what ends the running subscription if there is one. */
let session;
let stop;

await showSignIn(page.bar, (entered) => {
  stop?.();
  session = entered;
  clear();
  page.status.textContent = "";
  page.run.disabled = page.subscribe.disabled = false;
  showExamples(examplesFor(session.persona));
  showSchema();
});

page.run.addEventListener("click", run);
page.subscribe.addEventListener("click", () => (stop ? stop() : listen()));
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && session) run();
});

/** showExamples offers the examples and takes the first. */
function showExamples(examples) {
  page.examples.replaceChildren(
    ...examples.map((example) => {
      const button = element("button", { type: "button" }, example.title);
      button.addEventListener("click", () => take(example));
      return element("li", {}, button);
    }),
  );
  take(examples[0] ?? { query: "{\n  __typename\n}", variables: "" });
}

/** take puts an example into the editor. */
function take({ query, variables }) {
  page.query.value = query;
  page.variables.value = variables;
}

/** showSchema prints the contract as the identity sees it, unless another one signed in meanwhile. */
async function showSchema() {
  const asked = session;
  page.schema.textContent = "";
  const text = await asked.schema().catch((error) => error.message);
  if (asked === session) page.schema.textContent = text;
}

/** operation reads the editor; it reports variables that are no JSON and returns nothing. */
function operation() {
  try {
    return { query: page.query.value, variables: JSON.parse(page.variables.value.trim() || "{}") };
  } catch (error) {
    page.status.textContent = `Variables: ${error.message}`;
    return undefined;
  }
}

/** run sends the operation once and shows its answer. */
async function run() {
  const asked = session;
  const sent = operation();
  if (!sent) return;
  stop?.();
  clear();
  page.status.textContent = "Running …";
  const start = performance.now();
  const answer = await asked.execute(sent).catch((error) => ({ errors: [{ message: error.message }] }));
  if (asked !== session) return;
  page.status.textContent = `${Math.round(performance.now() - start)} ms`;
  show(answer);
}

/** listen subscribes and shows each answer as it comes, the newest first. */
function listen() {
  const sent = operation();
  if (!sent) return;
  clear();
  page.subscribe.textContent = "Stop";
  page.status.textContent = "Listening …";
  stop = subscribe(session, sent, {
    next: show,
    end(reason) {
      stop = undefined;
      page.subscribe.textContent = "Subscribe";
      page.status.textContent = `Subscription ${reason}`;
    },
  });
}

/** show puts an answer on top of the others, and its withheld values below them. */
function show(answer) {
  page.result.prepend(element("pre", {}, JSON.stringify(answer, null, 2)));
  while (page.result.children.length > kept) page.result.lastChild.remove();
  showWithheld(page.withheld, answer);
}

/** clear empties the answers. */
function clear() {
  page.result.replaceChildren();
  showWithheld(page.withheld, undefined);
}
