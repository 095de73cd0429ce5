import { getOperationAST, parse } from "graphql";
import { createClient } from "graphql-ws";

/**
 * socketFor opens the websocket of a session on its first subscription. report hears when the connection is
 * lost and when it is back.
 */
export function socketFor(session, report) {
  const url = new URL("/graphql", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return createClient({
    url: url.href,
    connectionParams: async () => ({ Authorization: await session.authorization() }),
    retryAttempts: Infinity,
    // A server that is starting again refuses without a code. 4403 says that the token is no longer good: worth
    // another try only with another token.
    shouldRetry: (failure) => failure?.code !== 4403 || session.renewable,
    on: {
      connected: () => report(""),
      closed: ({ code, reason }) => report(code === 1000 ? "" : `The live connection was closed: ${closing(code, reason)}`),
    },
  });
}

/** fetcherFor runs what GraphiQL asks for, and hands the answers of the editor's operations to onAnswer too. */
export function fetcherFor(session, socket, onAnswer) {
  return ({ query, variables, operationName }) => {
    const meant = meantBy(query, operationName);
    const operation = { query, variables, operationName: meant?.name?.value };
    if (meant?.operation === "subscription") {
      return { subscribe: (observer) => ({ unsubscribe: follow(socket, operation, observer, onAnswer) }) };
    }
    return session.execute(operation).then((answer) => {
      if (operationName !== "IntrospectionQuery") onAnswer(answer);
      return answer;
    });
  };
}

/**
 * meantBy finds the operation to run. What GraphiQL knows of a document lags behind the editor, so the text
 * decides: a name that it no longer has is not the one meant. Nothing is found in a text that does not parse,
 * which the server then explains.
 */
function meantBy(query, operationName) {
  try {
    const document = parse(query);
    return getOperationAST(document, operationName) ?? getOperationAST(document);
  } catch {
    return undefined;
  }
}

/** follow subscribes and returns what ends the subscription. */
function follow(socket, operation, observer, onAnswer) {
  return socket.subscribe(operation, {
    next(answer) {
      resumeAfter(operation, answer);
      onAnswer(answer);
      observer.next(answer);
    },
    error: (error) => observer.error(error instanceof CloseEvent ? new Error(closing(error.code, error.reason)) : error),
    complete: () => observer.complete(),
  });
}

/**
 * resumeAfter notes the cursor of a stream's item in the operation: after a lost connection the client sends
 * the same operation object again, which would start over from the old position.
 */
function resumeAfter(operation, answer) {
  const cursor = Object.values(answer.data ?? {})[0]?.cursor;
  if (cursor && operation.query.includes("$after")) operation.variables = { ...operation.variables, after: cursor };
}

/** closing names why a socket was closed. */
function closing(code, reason) {
  return [code, reason].filter(Boolean).join(" ");
}
