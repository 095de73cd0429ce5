// Makes one module of the TypeScript of README.md, so that what stands there is compiled and tested.
import { readFileSync, writeFileSync } from "node:fs";

const text = readFileSync(new URL("README.md", import.meta.url), "utf8");
const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);
writeFileSync(new URL("src/readme.ts", import.meta.url), blocks.join("\n"));
