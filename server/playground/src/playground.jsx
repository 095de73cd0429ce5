import { DOC_EXPLORER_PLUGIN, DocExplorerContextProvider } from "@graphiql/plugin-doc-explorer";
import { useEditorContext, useExecutionContext, usePluginStore } from "@graphiql/react";
import { GraphiQL, GraphiQLInterface, GraphiQLProvider } from "graphiql";
import { useEffect, useRef, useState } from "react";
import { examplesFor } from "../console/examples.js";
import { showWithheld } from "../console/withheld.js";
import { Examples, examplesPlugin } from "./examples.jsx";
import { fetcherFor, socketFor } from "./fetcher.js";

// GraphiQL's own history pane is left out: it would keep what was asked.
const plugins = [DOC_EXPLORER_PLUGIN, examplesPlugin];

/** Playground is GraphiQL for one session; give another session another key. */
export function Playground({ session, storage, report }) {
  const [answer, setAnswer] = useState();
  const [examples] = useState(() => examplesFor(session.persona));
  const [socket] = useState(() => socketFor(session, report));
  const [fetcher] = useState(() => fetcherFor(session, socket, setAnswer));
  const [tabs] = useState(() => (examples.length > 0 ? [examples[0]] : undefined));
  useEffect(() => () => void socket.dispose(), [socket]);

  return (
    <Examples.Provider value={examples}>
      <GraphiQLProvider
        fetcher={fetcher}
        storage={storage}
        defaultTabs={tabs}
        plugins={plugins}
        referencePlugin={DOC_EXPLORER_PLUGIN}
        visiblePlugin={examplesPlugin}
        shouldPersistHeaders={false}
      >
        <DocExplorerContextProvider>
          <Workbench answer={answer} />
        </DocExplorerContextProvider>
      </GraphiQLProvider>
    </Examples.Provider>
  );
}

/**
 * Workbench is what GraphiQL shows. It waits for the plugins to be registered: drawn earlier, the pane of
 * examples would start folded away.
 */
function Workbench({ answer }) {
  const registered = usePluginStore((store) => store.plugins.length > 0);
  if (!registered) return null;
  return (
    <GraphiQLInterface defaultEditorToolsVisibility="variables" isHeadersEditorEnabled={false} showPersistHeadersSettings={false}>
      <GraphiQL.Logo>
        <span />
      </GraphiQL.Logo>
      <GraphiQL.Footer>
        <Withheld answer={answer} />
        <TestMarks />
      </GraphiQL.Footer>
    </GraphiQLInterface>
  );
}

/** Withheld shows below the result which values the last answer holds back. */
function Withheld({ answer }) {
  const strip = useRef(null);
  useEffect(() => showWithheld(strip.current, answer), [answer]);
  return <div className="withheld" data-testid="withheld" hidden ref={strip} />;
}

/**
 * TestMarks names the parts of GraphiQL that tests look for, which it does not let its users name. The run
 * button is another element whenever the number of operations or the state of the execution changes.
 */
function TestMarks() {
  const { queryEditor } = useEditorContext({ nonNull: true });
  const { isFetching, isSubscribed } = useExecutionContext({ nonNull: true });
  useEffect(() => {
    document.querySelector(".graphiql-execute-button")?.setAttribute("data-testid", "run");
    document.querySelector(".result-window")?.setAttribute("data-testid", "result");
  }, [queryEditor?.operations, isFetching, isSubscribed]);
  return null;
}
