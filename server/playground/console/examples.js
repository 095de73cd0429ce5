import all from "./examples.json" with { type: "json" };

/**
 * examplesFor returns the example operations of a persona as {title, query, variables}, the last two as text.
 * Without a persona (a pasted token does not tell) it returns those of all, each with its persona's name.
 */
export function examplesFor(persona) {
  const personas = persona ? [persona] : Object.keys(all);
  return personas.flatMap((name) =>
    (all[name] ?? []).map(({ title, query, variables }) => ({
      title: persona ? title : `${name.toLowerCase()}: ${title}`,
      query: query.join("\n"),
      variables: variables ? JSON.stringify(variables, null, 2) : "",
    })),
  );
}
