import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const page = readFileSync(new URL('../../docs/local-run.md', import.meta.url), 'utf8');
const help = execFileSync(process.execPath, ['cli/main.js', 'ingest', '--help']).toString();

/** The rows of the table whose header begins with a word. */
function rowsOf(header: string): string[] {
  const table = page.split('\n\n').find((block) => block.startsWith(`| ${header} |`)) ?? '';
  return table.split('\n').slice(2);
}

function wordsIn(texts: readonly string[], word: RegExp): string[] {
  return [...new Set(texts.flatMap((text) => text.match(word) ?? []))].toSorted();
}

describe('docs/local-run.md', () => {
  it('names every option of npm run ingest, and no other', () => {
    const [, options = ''] = /\nOptions:\n([\s\S]*?)\n\n/.exec(help) ?? [];
    const known = wordsIn(options.split('\n'), /(?<=^ +(?:-\w, )?)--[\w-]+/g);
    const documented = wordsIn(rowsOf('option'), /(?<=`)--[\w-]+/g);
    expect(documented).toEqual(known.filter((name) => name !== '--help'));
  });

  it('names every environment variable of npm run ingest, and no other', () => {
    const [, variables = ''] =
      /\nEnvironment of a local run:\n([\s\S]*?)\n\n/.exec(`${help}\n\n`) ?? [];
    const names = /[A-Z][A-Z0-9]*_[A-Z0-9_…]+/g;
    const known = wordsIn(
      variables.split('\n').map((line) => line.slice(0, 28)),
      names,
    );
    const documented = wordsIn(
      rowsOf('variable').map((row) => row.split(' | ')[0] ?? ''),
      names,
    );
    expect(documented).toEqual(known);
  });
});
