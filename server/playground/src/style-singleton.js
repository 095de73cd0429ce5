// Stands in for the package react-style-singleton, through which dialogs lock the page's scrolling. The
// original adds <style> elements, which the content security policy refuses; constructed sheets are allowed.
import { useEffect } from "react";

/** stylesheetSingleton counts its users and keeps one sheet in the document as long as there are any. */
export function stylesheetSingleton() {
  let users = 0;
  const sheet = new CSSStyleSheet();
  return {
    add(css) {
      if (users++ > 0) return;
      sheet.replaceSync(css);
      document.adoptedStyleSheets.push(sheet);
    },
    remove() {
      if (--users > 0) return;
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
    },
  };
}

/** styleHookSingleton makes a hook that keeps styles in the document while its component is mounted. */
export function styleHookSingleton() {
  const sheet = stylesheetSingleton();
  return (styles, isDynamic) => {
    useEffect(() => {
      sheet.add(styles);
      return () => sheet.remove();
    }, [styles && isDynamic]);
  };
}

/** styleSingleton makes a component of that hook. */
export function styleSingleton() {
  const useStyle = styleHookSingleton();
  return ({ styles, dynamic }) => {
    useStyle(styles, dynamic);
    return null;
  };
}
