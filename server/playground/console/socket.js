/**
 * subscribe runs one subscription on a socket of its own, by the graphql-transport-ws protocol. It calls next
 * with each answer and end once, with the reason; the function it returns ends the subscription.
 */
export function subscribe(session, operation, { next, end }) {
  const url = new URL("/graphql", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const socket = new WebSocket(url, "graphql-transport-ws");
  const send = (message) => socket.send(JSON.stringify(message));

  let ended = false;
  const finish = (reason) => {
    if (ended) return;
    ended = true;
    socket.close(1000);
    end(reason);
  };

  socket.addEventListener("open", async () => {
    try {
      const Authorization = await session.authorization();
      if (!ended) send({ type: "connection_init", payload: { Authorization } });
    } catch (error) {
      finish(error.message);
    }
  });
  socket.addEventListener("message", ({ data }) => {
    if (ended) return;
    const { type, payload } = JSON.parse(data);
    if (type === "connection_ack") send({ id: "1", type: "subscribe", payload: operation });
    if (type === "ping") send({ type: "pong" });
    if (type === "next") next(payload);
    if (type === "error") {
      next({ errors: payload });
      finish("refused");
    }
    if (type === "complete") finish("completed by the server");
  });
  socket.addEventListener("close", ({ code, reason }) => finish(`socket closed: ${[code, reason].filter(Boolean).join(" ")}`));
  return () => finish("stopped");
}
