import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

export default defineConfig({
  base: "/playground/",
  resolve: {
    alias: {
      // The original writes <style> elements, which the page's policy forbids.
      "react-style-singleton": fileURLToPath(new URL("./src/style-singleton.js", import.meta.url)),
    },
  },
  build: {
    // As data: URLs, small files would depend on what the policy grants to data:.
    assetsInlineLimit: 0,
    // Every browser that reads import attributes preloads modules by itself.
    modulePreload: { polyfill: false },
    // GraphiQL and its editor are large by nature, and the page needs them at once.
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      // "use client" in libraries speaks to servers that render; here everything is the client.
      checks: { moduleLevelDirective: false },
    },
  },
});
