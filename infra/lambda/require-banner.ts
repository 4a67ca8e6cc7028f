/** The first line of a bundle that is an ES module: some dependencies call require, which ES modules lack. */
export const requireBanner = {
  js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
} as const;
