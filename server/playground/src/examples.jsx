import { useEditorContext } from "@graphiql/react";
import { createContext, useContext } from "react";

/** The examples that the side pane offers. */
export const Examples = createContext([]);

/** examplesPlugin adds the side pane of example operations to GraphiQL. */
export const examplesPlugin = { title: "Examples", icon: Icon, content: Pane };

/** Icon of the pane in the side bar: a document with a play sign. */
function Icon() {
  return (
    <svg viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.3" strokeLinejoin="round" aria-hidden="true">
      <path d="M3 1.5h7L13 5v9.5H3z" />
      <path d="M6.5 6.5v5L10.5 9z" fill="currentColor" />
    </svg>
  );
}

/** Pane lists the examples; a click puts one into the current tab. */
function Pane() {
  const { queryEditor, variableEditor } = useEditorContext({ nonNull: true });
  const examples = useContext(Examples);
  const take = ({ query, variables }) => {
    queryEditor.setValue(query);
    variableEditor.setValue(variables);
  };
  return (
    <section aria-label="Examples" data-testid="examples">
      <div className="examples-title">Examples</div>
      <ul className="examples">
        {examples.map((example) => (
          <li key={example.title}>
            <button type="button" onClick={() => take(example)}>
              {example.title}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
