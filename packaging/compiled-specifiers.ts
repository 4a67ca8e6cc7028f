import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** The module's name in an import, an export or a dynamic import. */
const specifiers = /(\b(?:from|import)\s*\(?\s*)(['"])((?:#|\.{1,2}\/)[^'"\n]+)\2/g;

/**
 * Rewrites the imports of compiled files: `#src/core/x.ts` becomes the relative path of `x.js`. The
 * compiler leaves such names as they are. Every resolver understands relative paths, and the published
 * package then needs no `imports`.
 * @param folder - the compiled files, in the folders of their sources
 */
export function compiledSpecifiers(folder: string): void {
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(js|d\.ts)$/.test(file)) continue;
    const path = join(folder, file);
    writeFileSync(path, withCompiledSpecifiers(readFileSync(path, 'utf8'), file));
  }
}

/**
 * Returns the text of a compiled file with the names of compiled modules.
 * @param file - its path within the folder of compiled files
 */
export function withCompiledSpecifiers(text: string, file: string): string {
  return text.replace(
    specifiers,
    (_match, start: string, quote: string, specifier: string) =>
      `${start}${quote}${compiledSpecifier(specifier, file)}${quote}`,
  );
}

function compiledSpecifier(specifier: string, file: string): string {
  const compiled = specifier.replace(/(?<!\.d)\.ts$/, '.js');
  if (!compiled.startsWith('#')) return compiled;
  const path = relative(dirname(file), compiled.slice(1)).replaceAll(sep, '/');
  return path.startsWith('.') ? path : `./${path}`;
}
