import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { showSignIn } from "../console/signin.js";
import { memoryStorage } from "./memory.js";
import { Playground } from "./playground.jsx";
import "../console/frame.css";
import "graphiql/style.css";
import "./playground.css";

// GraphiQL reads one storage for the life of the page: it is emptied so that nothing passes from one
// identity to the next.
const storage = memoryStorage();

let root;
let sessions = 0;
const report = await showSignIn(document.getElementById("bar"), (session) => {
  storage.clear();
  storage.setItem("graphiql:docExplorerFlex", "0.3"); // the side pane's share of the width, to start with
  root ??= createRoot(document.getElementById("playground"));
  // At once: what the last identity saw must be gone when the bar shows the next one.
  flushSync(() => root.render(<Playground key={++sessions} session={session} storage={storage} report={report} />));
});
