import { element } from "./dom.js";

/**
 * showWithheld lists in strip the values that an answer holds back and why, and hides the strip when there
 * are none. Long answers name type and field instead of every path.
 */
export function showWithheld(strip, answer) {
  const withheld = answer?.extensions?.withheld ?? [];
  strip.hidden = withheld.length === 0;
  strip.replaceChildren(
    element("strong", {}, `${withheld.length} withheld`),
    element("ul", {}, ...withheld.map((value) => element("li", {}, element("code", {}, place(value)), ` ${value.reason}`))),
  );
}

/** place says where a withheld value would stand. */
function place({ path, type, field }) {
  return path ? path.join(".") : `${type}.${field}`;
}
