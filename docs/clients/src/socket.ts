import { createClient, type Client } from "graphql-ws/client";
import type { Carehub } from "./carehub.js";
import { CarehubError } from "./error.js";
import { backoff, pause } from "./retry.js";

/** Hears when the socket is open and when it was lost. */
export interface SocketListener {
  opened(): void;
  lost(why: CarehubError): void;
}

/** The protocol's code for "Forbidden": the token has ended, or what it allows has changed. */
const forbidden = 4403;

/**
 * Makes a graphql-ws client that comes back for ever, with whatever token is good then. It gives up only where the
 * server says that coming back is of no use.
 */
export function openSocket(carehub: Carehub, listener: SocketListener, signal: AbortSignal): Client {
  const { keepAlive, patience } = carehub;
  let failures = 0;
  let openedAt = Infinity;
  let watchdog: ReturnType<typeof setTimeout> | undefined;

  const client = createClient({
    url: carehub.socketAddress,
    webSocketImpl: carehub.webSocket,
    // Asked at each connection, so that the token is fresh.
    connectionParams: async () => {
      try {
        return { Authorization: await carehub.authorization() };
      } catch (cause) {
        // Thrown, it could end the next connection, to which graphql-ws tells how this one is closed. Without a token
        // the server refuses it, and that is tried again.
        if (!signal.aborted) listener.lost(CarehubError.from(cause));
        return {};
      }
    },
    retryAttempts: Infinity,
    // By default an error event is final, and a server that is restarting refuses connections with one.
    shouldRetry: () => true,
    // The count that graphql-ws gives begins anew with every connection: whoever is let in and dropped would not rest.
    retryWait: () => pause(backoff(patience, failures++), signal),
    connectionAckWaitTimeout: keepAlive,
    keepAlive,
    on: {
      connected: () => {
        openedAt = Date.now();
        listener.opened();
      },
      // A connection that is dead without a word is noticed by nobody else: a page never sees the server's pings.
      ping: (received) => {
        if (!received) watchdog = setTimeout(() => client.terminate(), keepAlive);
      },
      pong: (received) => {
        if (received) clearTimeout(watchdog);
      },
      closed: (event) => {
        clearTimeout(watchdog);
        if (Date.now() - openedAt > patience.most) failures = 0;
        openedAt = Infinity;
        const why = CarehubError.from(event);
        if (why.code === `CLOSED_${forbidden}`) carehub.tokenRefused();
        if (!signal.aborted) listener.lost(why);
      },
      error: (error) => {
        if (!signal.aborted) listener.lost(CarehubError.from(error));
      },
    },
  });
  return client;
}
