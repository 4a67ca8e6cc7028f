import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { destinations } from '#src/destinations/registry.ts';

/** Every page of the repository, and the text that the pages of destinations are written from. */
const pages = [
  ...markdownIn('.'),
  ...markdownIn('docs'),
  ...markdownIn('docs/adr'),
  ...destinations.flatMap(({ kind }) => markdownIn(join('src/destinations', kind))),
  ...markdownIn('.github'),
  ...markdownIn('.github/ISSUE_TEMPLATE'),
];

function markdownIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}

/** The page without its blocks of code, in which a path belongs to the reader. */
function proseOf(page: string): string {
  return readFileSync(page, 'utf8').replaceAll(/^```\w*\n.*?^```$/gms, '');
}

/** Targets of links within the repository: the path, and the anchor if there is one. */
function linksIn(page: string): { path: string; anchor: string | undefined }[] {
  const targets = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', anchor] = target.split('#');
      return { path: path === '' ? page : normalize(join(dirname(page), path)), anchor };
    });
}

/** The anchors of a page, as GitHub makes them of its headings. */
function anchorsOf(page: string): string[] {
  const headings = [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) => text);
  return headings.map((text) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Paths in backticks that begin with a folder of the repository. */
function pathsIn(page: string): string[] {
  const folders = ['src', 'functions', 'infra', 'local', 'test', 'deploy-test', 'bench', 'docs'];
  const path = new RegExp(`\`((?:${folders.join('|')}|\\.ci|\\.github)/[^\`\\s]*)\``, 'g');
  return [...proseOf(page).matchAll(path)].map(([, found = '']) => found);
}

/** Whether a path exists. A part such as `<step>` or `*` means any name. */
function isThere(path: string, folder = '.'): boolean {
  const [first = '', ...rest] = path.replace(/\/$/, '').split('/');
  const pattern = first.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll(/<\w+>|\*+/g, '.*');
  const matching = readdirSync(folder).filter((name) => new RegExp(`^${pattern}$`).test(name));
  if (rest.length === 0) return matching.length > 0;
  return matching.some((name) => {
    const next = join(folder, name);
    return statSync(next).isDirectory() && isThere(rest.join('/'), next);
  });
}

describe('a page of the repository', () => {
  it('is found', () => {
    expect(pages.length).toBeGreaterThan(25);
  });

  it.each(pages)('links to files and headings that exist: %s', (page) => {
    const broken = linksIn(page).filter(({ path, anchor }) => {
      if (!existsSync(path)) return true;
      return anchor !== undefined && !anchorsOf(path).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it.each(pages)('names paths that exist: %s', (page) => {
    expect(pathsIn(page).filter((path) => !isThere(path))).toEqual([]);
  });
});
