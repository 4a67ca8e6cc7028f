import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commands } from '#cli/commands/registry.ts';
import { exitCodes } from '#cli/exit-codes.ts';
import runbook from '#cli/runbook/errors.json' with { type: 'json' };
import { readRunbook } from '#cli/runbook/read-page.ts';

const textOf = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const page = textOf('docs/program.md');

/** The cells of the rows of the table with this header. */
function rowsOf(header: string): string[][] {
  const table = page.split('\n\n').find((block) => block.startsWith(`| ${header} |`)) ?? '';
  const rows = table.trim().split('\n').slice(2);
  return rows.map((row) => row.slice(2, -2).split(' | '));
}

const nameIn = (cell = '') => cell.replaceAll('`', '');

describe('docs/program.md', () => {
  it('lists every command', () => {
    expect(
      rowsOf('command')
        .map(([name]) => nameIn(name))
        .toSorted(),
    ).toEqual(Object.keys(commands).toSorted());
  });

  it('lists every exit code with its meaning', () => {
    const meanings = [
      ...textOf('cli/exit-codes.ts').matchAll(/\/\*\* (.+) \*\/\n {2}(\w+): (\d+)/g),
    ];
    expect(meanings).toHaveLength(Object.keys(exitCodes).length);
    expect(rowsOf('code').map((row) => row.map(nameIn))).toEqual(
      meanings.map(([, meaning, name, code]) => [code, name, meaning]),
    );
  });
});

describe('the runbook in the program', () => {
  it('is the one of docs/operations.md; npm run docs:runbook writes it', () => {
    expect(runbook).toEqual(readRunbook(textOf('docs/operations.md')));
  });
});
