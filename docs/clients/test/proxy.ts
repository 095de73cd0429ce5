import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { WebSocket, WebSocketServer } from "ws";

/** What stands between client and server, and does to them what networks do. */
export class Proxy {
  url = "";
  /** Is told of each operation over HTTP before the server is, and before the client gets the answer. */
  asked: (query: string) => Promise<void> | void = () => {};
  answered: (query: string) => Promise<void> | void = () => {};
  /** How many answers are lost on the way. */
  losing = 0;
  /** How many sockets are closed at once, and with which code. */
  turning = { away: 0, code: 1013 };
  /** The identifiers of the cases that the server sent as events, in order. */
  readonly delivered: string[] = [];
  /** How many sockets there have been. */
  connections = 0;

  readonly #http = createServer((request, response) => void this.#forward(request, response));
  readonly #sockets = new WebSocketServer({ server: this.#http, handleProtocols: ([first]) => first ?? false });
  readonly #operations = new WeakMap<WebSocket, string[]>();
  #frozen = new Set<WebSocket>();

  private constructor(private readonly server: { readonly url: string }) {}

  static async start(server: { readonly url: string }): Promise<Proxy> {
    const proxy = new Proxy(server);
    proxy.#sockets.on("connection", (client) => proxy.#pipe(client));
    proxy.#http.listen(0, "127.0.0.1");
    await once(proxy.#http, "listening");
    proxy.url = `http://127.0.0.1:${(proxy.#http.address() as AddressInfo).port}`;
    return proxy;
  }

  stop(): void {
    this.cut();
    this.#sockets.close();
    this.#http.close();
    this.#http.closeAllConnections();
  }

  /** Drops all sockets without a word. */
  cut(): void {
    for (const client of this.#sockets.clients) client.terminate();
  }

  /** Closes all sockets with a code. */
  close(code: number): void {
    for (const client of this.#sockets.clients) client.close(code, "as the test wants it");
  }

  /** Lets all sockets of now be open and mute. */
  freeze(): void {
    this.#frozen = new Set(this.#sockets.clients);
  }

  /** Ends the operations on all sockets, as a server does that cannot go on with them. */
  end(message: { type: "complete" } | { type: "error"; payload: object[] }): void {
    for (const client of this.#sockets.clients) {
      for (const id of this.#operations.get(client) ?? []) client.send(JSON.stringify({ id, ...message }));
    }
  }

  #pipe(client: WebSocket): void {
    this.connections++;
    if (this.turning.away > 0) {
      this.turning.away--;
      client.close(this.turning.code);
      return;
    }
    const operations: string[] = [];
    this.#operations.set(client, operations);
    const server = new WebSocket(`${this.server.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
    const opened = once(server, "open").catch(() => {});
    client.on("message", async (message) => {
      const { type, id } = JSON.parse(String(message));
      if (type === "subscribe") operations.push(id);
      await opened;
      if (server.readyState === WebSocket.OPEN && !this.#frozen.has(client)) server.send(String(message));
    });
    server.on("message", (message) => {
      const item = JSON.parse(String(message)).payload?.data?.caseCreated;
      if (this.#frozen.has(client)) return;
      if (item?.case) this.delivered.push(item.case.id);
      client.send(String(message));
    });
    server.on("error", () => client.terminate());
    server.on("close", (code, reason) => (code === 1006 ? client.terminate() : client.close(code, reason)));
    client.on("close", () => server.terminate());
  }

  async #forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const query: string = JSON.parse(body).query;
    await this.asked(query);
    const headers = { "Content-Type": "application/json", Authorization: request.headers.authorization ?? "" };
    const answer = await fetch(this.server.url + request.url, { method: "POST", headers, body });
    const said = await answer.text();
    await this.answered(query);
    if (this.losing > 0) {
      this.losing--;
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, { "Content-Type": "application/json" }).end(said);
  }
}
