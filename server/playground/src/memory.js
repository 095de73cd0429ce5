/**
 * memoryStorage is a Storage that a reload empties. GraphiQL keeps editor contents and answers in its
 * storage: they are health data and must not stay in the browser.
 */
export function memoryStorage() {
  const items = new Map();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
    clear: () => items.clear(),
    get length() {
      return items.size;
    },
  };
}
