import { element } from "./dom.js";
import { loadSettings, Session } from "./session.js";

/**
 * showSignIn fills the bar at the top of a page: one button per demo identity and a box for a token. It calls
 * onSession with each identity that signs in, and returns a function that shows a message in the bar.
 */
export async function showSignIn(bar, onSession) {
  const who = element("p", { className: "who", "data-testid": "signed-in" }, "Not signed in");
  const message = element("p", { className: "message", role: "alert", "data-testid": "message" });
  const report = (text) => (message.textContent = text);
  const buttons = element("div", { className: "identities", role: "group", "aria-label": "Sign in as" });

  // Only the last click counts: an answer that comes late must not replace a later identity.
  let attempt = 0;
  async function enter(signIn) {
    const mine = ++attempt;
    report("");
    try {
      const session = await signIn();
      if (mine !== attempt) return;
      who.textContent = describe(session);
      for (const button of buttons.children) button.setAttribute("aria-pressed", button.value === session.as);
      onSession(session);
    } catch (error) {
      if (mine === attempt) report(error.message);
    }
  }

  const { identities } = await loadSettings();
  for (const as of identities) {
    const button = element("button", { type: "button", value: as, "data-testid": `sign-in-${as}`, "aria-pressed": "false" }, as);
    button.addEventListener("click", () => enter(() => Session.demo(as)));
    buttons.append(button);
  }
  bar.append(who, buttons, tokenBox((token) => enter(() => Session.pasted(token))), message);
  return report;
}

/**
 * tokenBox is a field for a pasted token, emptied once used. It is no password field, which browsers offer to
 * remember; the style sheet hides what is in it.
 */
function tokenBox(onToken) {
  const field = element("input", {
    type: "text",
    autocomplete: "off",
    spellcheck: false,
    placeholder: "or paste a token",
    "aria-label": "Token",
    "data-testid": "token",
  });
  const use = element("button", { type: "button", "data-testid": "use-token" }, "Use token");
  const submit = () => {
    const token = field.value.trim();
    field.value = "";
    if (token) onToken(token);
  };
  use.addEventListener("click", submit);
  field.addEventListener("keydown", (event) => event.key === "Enter" && submit());
  return element("div", { className: "token" }, field, use);
}

/** describe names a session in a line. */
function describe({ name, persona, expiresAt, renewable }) {
  const until = expiresAt && !renewable ? `until ${expiresAt.toLocaleTimeString()}` : undefined;
  return [name, persona, until].filter(Boolean).join(" · ");
}
