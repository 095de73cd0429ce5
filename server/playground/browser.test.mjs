// Both pages in a real browser, against the running server that CAREHUB_URL names (in demo mode, with the full
// playground built): CAREHUB_URL=http://127.0.0.1:8080 npm test
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { chromium } from "playwright-core";

/** The operations that the test runs; all that it knows of the contract. */
const operations = {
  product: "query { products(first: 1) { nodes { id } } }",
  submit: `mutation Submit($input: SubmitMedicalInquiryInput!) {
    submitMedicalInquiry(input: $input) { case { number } }
  }`,
  inquiry: (productId) => ({
    productId,
    unsolicited: true,
    involvesAdverseEvent: false,
    questions: [{ topic: "DOSING", text: "Is the dose adjusted in renal impairment?" }],
  }),
  live: "subscription { caseCreated { __typename ... on CaseCreated { case { number } } } }",
  cases: "query { cases(first: 5) { nodes { id kind status } } }",
  names: "query { cases(first: 5) { nodes { id patient { name } } } }",
};

/** How long anything on a page may take, in milliseconds. */
const patience = 20_000;

const server = process.env.CAREHUB_URL;
assert.ok(server, "CAREHUB_URL must name a running server in demo mode");
const { origin, host } = new URL(server);

/** What tells the two pages apart: where things are entered, how answers are read, what subscribes. */
const pages = {
  "/": {
    subscribe: "run",
    enter: (page, query) =>
      page.evaluate((text) => document.querySelector(".graphiql-query-editor .CodeMirror").CodeMirror.setValue(text), query),
    read: (page) => page.evaluate(() => document.querySelector(".result-window .CodeMirror").CodeMirror.getValue()),
    ready: (page) =>
      page.waitForFunction(() =>
        [".graphiql-query-editor .CodeMirror", ".result-window .CodeMirror", "[data-testid=run]"].every((part) => document.querySelector(part)),
      ),
  },
  "/console": {
    subscribe: "subscribe",
    enter: (page, query) => page.getByTestId("query").fill(query),
    read: (page) => page.getByTestId("result").innerText(),
    ready: (page) => page.getByTestId("schema").filter({ hasText: "type Query" }).waitFor({ state: "attached" }),
  },
};

let browser;
before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
});
after(() => browser?.close());

/** visit opens a page, runs the steps and then fails on anything that the page did wrong meanwhile. */
async function visit(path, steps) {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  page.setDefaultTimeout(patience);
  const wrongs = [];
  page.on("console", (message) => message.type() === "error" && wrongs.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => wrongs.push(`exception: ${error.message}`));
  const foreign = (url) => {
    const parsed = new URL(url);
    if (parsed.protocol !== "data:" && parsed.host !== host) wrongs.push(`another host: ${url}`);
  };
  page.on("request", (request) => foreign(request.url()));
  page.on("websocket", (socket) => foreign(socket.url()));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (violation) =>
      console.error(`policy: ${violation.effectiveDirective} ${violation.blockedURI} ${violation.sample}`),
    );
  });
  try {
    await page.goto(origin + path);
    await steps(page);
    const kept = await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]);
    assert.deepEqual(kept, [0, 0, ""], "the page keeps nothing in the browser");
    assert.deepEqual(wrongs, []);
  } finally {
    await page.close();
  }
}

/** signIn presses a button of the bar and waits until the page has the identity's view. */
async function signIn(page, path, as) {
  await page.getByTestId(`sign-in-${as}`).click();
  await page.locator(`[data-testid="sign-in-${as}"][aria-pressed="true"]`).waitFor();
  await pages[path].ready(page);
}

/** reads waits until the result passes the check, and returns it. */
async function reads(page, path, check) {
  const end = Date.now() + patience;
  for (;;) {
    const text = await pages[path].read(page);
    if (check(text)) return text;
    assert.ok(Date.now() < end, `the result never came to pass the check ${check}; it is now:\n${text}`);
    await page.waitForTimeout(50);
  }
}

/** asProvider runs an operation as the demo provider, without a browser. */
async function asProvider(query, variables) {
  const post = async (path, body, headers) => {
    const answer = await fetch(origin + path, {
      method: "POST",
      headers: { "Content-Type": "application/json", Origin: origin, ...headers },
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, 200, `${path} answers HTTP ${answer.status}`);
    return answer.json();
  };
  const { token } = await post("/demo/token", { as: "provider" });
  const { data, errors } = await post("/graphql", { query, variables }, { Authorization: `Bearer ${token}` });
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

/** submitInquiry makes a case that the liaison must see, and returns its number. */
async function submitInquiry() {
  const { products } = await asProvider(operations.product);
  const input = operations.inquiry(products.nodes[0].id);
  const { submitMedicalInquiry } = await asProvider(operations.submit, { input });
  return submitMedicalInquiry.case.number;
}

for (const path of Object.keys(pages)) {
  describe(path, () => {
    const { enter, subscribe } = pages[path];

    test("a liaison sees a new case live", () =>
      visit(path, async (page) => {
        await signIn(page, path, "liaison");
        await enter(page, operations.live);
        await page.getByTestId(subscribe).click();
        // The first item of a stream says that it has begun; what happens from here on must arrive.
        await reads(page, path, (text) => text.includes("StreamCheckpoint"));
        const number = await submitInquiry();
        await reads(page, path, (text) => text.includes(`"${number}"`));
        await page.getByTestId(subscribe).click();
      }));

    test("an analyst sees cases, and no names", () =>
      visit(path, async (page) => {
        await signIn(page, path, "analyst");
        await enter(page, operations.cases);
        await page.getByTestId("run").click();
        const { data, errors } = JSON.parse(await reads(page, path, (text) => text.includes("nodes")));
        assert.equal(errors, undefined);
        assert.notEqual(data.cases.nodes.length, 0);

        await enter(page, operations.names);
        await page.getByTestId("run").click();
        const refused = JSON.parse(await reads(page, path, (text) => text.includes("errors")));
        assert.equal(refused.data ?? null, null);
        assert.match(refused.errors[0].message, /Cannot query field/);
      }));

    test("another identity finds nothing of the one before", () =>
      visit(path, async (page) => {
        await signIn(page, path, "liaison");
        const mark = "query OnlyForTheLiaison { __typename }";
        await enter(page, mark);
        await page.getByTestId("run").click();
        await reads(page, path, (text) => text.includes("__typename"));
        await signIn(page, path, "analyst");
        await page.getByTestId("examples").getByRole("button", { name: "Cases", exact: true }).waitFor();
        await reads(page, path, (text) => !text.includes("__typename"));
        const left = await page.evaluate(() =>
          [document.querySelector(".graphiql-query-editor .CodeMirror")?.CodeMirror.getValue(), document.getElementById("query")?.value].join(""),
        );
        assert.ok(left.includes("query Cases"), left);
        assert.ok(!left.includes(mark), left);
      }));
  });
}

test("dialogs, hints and documentation obey the policy", () =>
  visit("/", async (page) => {
    await signIn(page, "/", "liaison");
    for (const dialog of ["Open settings dialog", "Open short keys dialog"]) {
      await page.getByRole("button", { name: dialog }).click();
      await page.getByRole("dialog").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
    }
    await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
    await page.getByRole("link", { name: "Query", exact: true }).click();
    await page.locator(".graphiql-query-editor .CodeMirror").click();
    await page.keyboard.press("Control+End");
    await page.keyboard.press("Control+Space");
    await page.locator(".CodeMirror-hints").waitFor();
  }));
