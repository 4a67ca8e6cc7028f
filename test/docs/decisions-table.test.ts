import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ErrorName, errorCatalogue, isErrorName } from '#src/core/errors/error-lookup.ts';
import { errorMeanings } from '#src/core/errors/error-meanings.ts';
import { type CallContext, decide, type StepContext } from '#src/core/errors/retry-rules.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';

const page = readFileSync(new URL('../../docs/how-it-works.md', import.meta.url), 'utf8');

const names = Object.keys(errorCatalogue) as ErrorName[];

/** The first try of a request, and the first call of a step, that met an error. */
const inCall: CallContext = { within: 'call', tries: 1, timeLeftMs: 250_000, random: () => 0.5 };
const inStep: StepContext = { within: 'step', waits: 0, waitingMs: 0, deniedSeconds: 600 };

/** The decisions that the table lists for each error; the last row is for every other error. */
function documentedDecisions(): ReadonlyMap<ErrorName, readonly string[]> {
  const [, table = ''] = /\n\n(\| error \| within a call \|[\s\S]*?)\n\n/.exec(page) ?? [];
  const rows = table
    .split('\n')
    .slice(2)
    .map((row) => row.slice(2, -2).split(' | '));
  const others = rows.pop()?.slice(1, 3) ?? [];
  const named = new Map(
    rows.flatMap(([cell = '', ...decisions]) =>
      namesIn(cell).map((name) => [name, decisions.slice(0, 2)] as const),
    ),
  );
  return new Map(names.map((name) => [name, named.get(name) ?? others]));
}

function namesIn(cell: string): ErrorName[] {
  const found: readonly string[] = cell.match(/(?<=`)\w+(?=`)/g) ?? [];
  expect(found.filter((name) => !isErrorName(name))).toEqual([]);
  return found.filter(isErrorName);
}

describe('the decisions in docs/how-it-works.md', () => {
  const documented = documentedDecisions();

  it.each(names)('are those of the code for %s', (name) => {
    const error = new TransferError(name, `a ${name}`);
    const decided = [decide(error, inCall).action, decide(error, inStep).action];
    expect(documented.get(name)).toEqual(decided);
  });
});

describe('the meanings in docs/how-it-works.md', () => {
  const [, table = ''] =
    /\n\n\| meaning \| errors \| effect \|\n.*\n([\s\S]*?)\n\n/.exec(page) ?? [];

  it('are the meanings of the code', () => {
    const rows = Object.entries(errorMeanings).map(([meaning, { errors, effect }]) => {
      const listed = errors.map((name) => `\`${name}\``).join(', ');
      return `| \`${meaning}\` | ${listed} | ${effect} |`;
    });
    expect(table.split('\n')).toEqual(rows);
  });
});
