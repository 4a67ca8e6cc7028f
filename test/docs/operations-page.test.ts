import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CloudFormationTemplate } from '#infra/synthesize.ts';
import { errorCatalogue } from '#src/core/errors/error-lookup.ts';
import { richTemplate, sourceAccountTemplate } from '../infra/rich-setup.ts';

const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');

/** The rows of all tables whose header begins with a word, by the name in the first cell. */
function entries(header: string): ReadonlyMap<string, readonly string[]> {
  const rows = page
    .split('\n\n')
    .filter((block) => block.startsWith(`| ${header} |`))
    .flatMap((table) => table.split('\n').slice(2))
    .filter((line) => line.startsWith('| '))
    .map((line) => line.slice(2, -2).split(' | '));
  const names = rows.map(([name = '']) => /`(\w+)`/.exec(name)?.[1] ?? name);
  expect(new Set(names).size).toBe(names.length);
  return new Map(rows.map(([, ...cells], i) => [names[i] ?? '', cells]));
}

/** The names of a template's alarms: the last part of each construct's path. */
function alarmsIn({ Resources }: CloudFormationTemplate): string[] {
  return Object.values(Resources)
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    .map(({ Metadata }) => String(Metadata?.['aws:cdk:path']).split('/').at(-2) ?? '');
}

function incompleteIn(table: ReadonlyMap<string, readonly string[]>): string[] {
  const isComplete = (cells: readonly string[]) =>
    cells.length === 3 && cells.every((cell) => cell.trim() !== '');
  return [...table].filter(([, cells]) => !isComplete(cells)).map(([name]) => name);
}

describe('docs/operations.md', () => {
  const alarms = entries('alarm');
  const errors = entries('error');

  it('has an entry for every alarm that deploys, and no other', () => {
    const transfers = alarmsIn(richTemplate());
    const sourceAccount = alarmsIn(sourceAccountTemplate());
    const deployed = [...transfers, ...sourceAccount];
    expect(deployed.length).toBeGreaterThan(15);
    expect([...alarms.keys()].toSorted()).toEqual(deployed.toSorted());
  });

  it('has an entry for every error name, and no other', () => {
    expect([...errors.keys()].toSorted()).toEqual(Object.keys(errorCatalogue).toSorted());
  });

  it('names the cause, what to check and what to do in each entry', () => {
    expect(incompleteIn(alarms)).toEqual([]);
    expect(incompleteIn(errors)).toEqual([]);
  });
});
