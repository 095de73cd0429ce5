// The signed-in identity and its requests, shared by the console and the full playground.

/** How long before its end a demo token is replaced, in milliseconds. */
const margin = 10_000;

/** loadSettings asks the server what to offer: the demo identities, none outside demo mode. */
export async function loadSettings() {
  const answer = await fetch("/playground/settings.json");
  return answer.json();
}

/**
 * A Session is one signed-in identity. Its token lives in this object alone, never in any storage of the
 * browser, so that a reload signs out and nobody finds the token later.
 */
export class Session {
  #token;

  constructor({ as, token, name, persona, expiresAt }) {
    this.#token = token;
    this.as = as;
    this.name = name;
    this.persona = persona;
    this.expiresAt = expiresAt;
  }

  /** demo signs in as one of the demo identities. */
  static async demo(as) {
    const answer = await fetch("/demo/token", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ as }),
    });
    if (answer.status === 404) throw new Error("This server has no demo identities: paste a token.");
    if (!answer.ok) throw new Error(`Signing in as ${as} failed: HTTP ${answer.status}`);
    const { token, expiresAt, name, persona } = await answer.json();
    return new Session({ as, token, name, persona, expiresAt: new Date(expiresAt) });
  }

  /** pasted takes a token from elsewhere. Which persona it stands for, only the server knows. */
  static pasted(token) {
    return new Session({ token, name: "Pasted token", expiresAt: expiryOf(token) });
  }

  /** renewable says whether an expired token can be replaced without asking. */
  get renewable() {
    return this.as !== undefined;
  }

  /** authorization is the header's value, of a token that is still good. */
  async authorization() {
    if (this.expiresAt && this.expiresAt - Date.now() < (this.renewable ? margin : 0)) {
      if (!this.renewable) throw new Error("The pasted token has expired.");
      const fresh = await Session.demo(this.as);
      this.#token = fresh.#token;
      this.expiresAt = fresh.expiresAt;
    }
    return `Bearer ${this.#token}`;
  }

  /**
   * execute runs a query or mutation and returns the GraphQL answer, whatever the HTTP status. As plain JSON,
   * refused operations come with status 200: a typing mistake is no failed request in the browser's log.
   */
  async execute({ query, variables, operationName }) {
    const answer = await fetch("/graphql", {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json",
        Authorization: await this.authorization(),
      },
      body: JSON.stringify({ query, variables, operationName }),
    });
    const text = await answer.text();
    try {
      return JSON.parse(text);
    } catch {
      return { errors: [{ message: `HTTP ${answer.status}: ${text.slice(0, 200)}` }] };
    }
  }

  /** schema returns the contract as this identity sees it, in SDL. */
  async schema() {
    const answer = await fetch("/schema", { headers: { Authorization: await this.authorization() } });
    if (!answer.ok) throw new Error(`The schema cannot be had: HTTP ${answer.status}`);
    return answer.text();
  }
}

/** expiryOf reads when a JWT ends, without judging it; undefined for anything else. */
function expiryOf(token) {
  try {
    const claims = JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
    return claims.exp ? new Date(claims.exp * 1000) : undefined;
  } catch {
    return undefined;
  }
}
