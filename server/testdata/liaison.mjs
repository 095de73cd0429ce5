// Follows a stream with graphql-ws, the client that portals use. It says what happens as lines of JSON on standard
// output and takes orders from standard input: "cut" drops the connection without a word, "return" lets it come
// back, which it does not by itself, so that a test decides what happens meanwhile.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const modules = createRequire(new URL("../playground/package.json", import.meta.url));
const { createClient } = modules("graphql-ws");
const { WebSocket } = modules("ws");

const { CAREHUB_URL: url, CAREHUB_TOKEN: token, CAREHUB_STREAM: query } = process.env;
const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);

let socket;
let comeBack;
const client = createClient({
  url,
  webSocketImpl: WebSocket,
  connectionParams: { Authorization: `Bearer ${token}` },
  retryAttempts: Infinity,
  retryWait: () =>
    new Promise((resolve) => {
      comeBack = resolve;
      say({ waits: true });
    }),
  on: {
    connected: (connected) => {
      socket = connected;
      say({ connected: true });
    },
    closed: ({ code }) => say({ closed: code }),
  },
});

// The client sends this very object again when it comes back, so it must have the newest cursor.
const operation = { query, variables: {} };
client.subscribe(operation, {
  next: (answer) => {
    const [item] = Object.values(answer.data ?? {});
    if (item?.cursor) operation.variables.after = item.cursor;
    say({ item, ...answer });
  },
  error: (error) => say({ failed: error.message ?? JSON.stringify(error) }),
  complete: () => say({ failed: "the stream is over" }),
});

createInterface({ input: process.stdin })
  .on("line", (order) => (order === "cut" ? socket.terminate() : comeBack()))
  .on("close", () => process.exit());
