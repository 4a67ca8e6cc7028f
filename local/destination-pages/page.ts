import { readFile } from 'node:fs/promises';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatLimit } from './format-limit.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The page of a destination, below the root. It is written from the `page.md` of the destination's folder. */
export function pageFileOf(kind: string): string {
  return join('docs', `${kind}.md`);
}

function sourceOf(kind: string): string {
  return join('src/destinations', kind, 'page.md');
}

/**
 * Returns the page of a destination: its `page.md`, with `{{name}}` replaced by the limit of that name, and with links
 * that lead from the folder of the documents.
 * @throws Error - the destination's `limits.ts` has no such limit
 */
export async function renderDestinationPage(kind: string): Promise<string> {
  const source = sourceOf(kind);
  const limits: object = await import(`../../src/destinations/${kind}/limits.ts`);
  const text = await readFile(join(root, source), 'utf8');
  const [title = '', ...rest] = text.split('\n');
  const note = `<!-- Generated from ${source} by \`npm run docs:destinations\`. Change that file, then run it. -->`;
  return [title, '', note, ...rest]
    .join('\n')
    .replace(/\{\{([\w.]+)\}\}/g, (_, name: string) => formatLimit(name, limitIn(limits, name)))
    .replace(/\]\(([^)\s]+)\)/g, (_, target: string) => `](${linkFromDocs(source, target)})`);
}

/** @param name - such as `maxParts`, or `maxBytesByMediaType.video` */
function limitIn(limits: object, name: string): number {
  const value = name.split('.').reduce<unknown>((held, key) => Object(held)[key], limits);
  if (typeof value === 'number') return value;
  throw new Error(`Invalid limit "{{${name}}}" of a page.md: limits.ts must have it, as a number.`);
}

function linkFromDocs(source: string, target: string): string {
  if (/^(?:#|[a-z]+:)/.test(target)) return target;
  return posix.normalize(relative('docs', join(dirname(source), target)));
}
