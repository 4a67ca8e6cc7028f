import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commonOptionNames } from '#src/core/transfer/transfer-options.ts';
import { destinations } from '#src/destinations/registry.ts';
import { optionRulesOf } from '#src/service-api/transfer-options.ts';
import { readRequest } from '#src/step-support/input.ts';

const page = readFileSync(new URL('../../docs/input-and-output.md', import.meta.url), 'utf8');

/** Returns the rows of the first table after a text. */
function rowsAfter(text: string): string[] {
  const [, rest = ''] = page.split(text);
  const lines = rest.split('\n');
  const first = lines.findIndex((line) => line.startsWith('| `'));
  const table = lines.slice(first);
  return table.slice(0, Math.max(0, table.indexOf('')));
}

describe('docs/input-and-output.md', () => {
  it('has a row for each field of every destination', () => {
    const names = rowsAfter('Fields for every destination:').map((row) => row.split('`')[1]);
    expect(names.sort()).toEqual(['bucket', 'key', 'versionId', ...commonOptionNames].sort());
  });

  it.each(destinations.map((one) => [one.title, one] as const))(
    'has a row for each option of %s',
    (title, { transferOptions }) => {
      const expected = Object.entries(transferOptions?.fields ?? {}).map(
        ([name, field]) => `| \`${name}\` | ${field.description} | ${field.default} |`,
      );
      expect(rowsAfter(`**${title}**`)).toEqual(expected);
    },
  );

  it('shows an input that the default destination accepts, with all its options', () => {
    const [, example = ''] = /with the options of \w+:\n\n```json\n([^`]+)```/.exec(page) ?? [];
    const [definition] = destinations;
    const rules = optionRulesOf(definition as (typeof destinations)[0], destinations);
    const { options } = readRequest(JSON.parse(example), rules);
    expect(Object.keys(options).sort()).toEqual([...commonOptionNames, ...rules.names].sort());
  });

  it.each(destinations.map((one) => [one.kind, one] as const))(
    'describes options of %s that its schema accepts, with names of their own',
    (_, definition) => {
      const rules = optionRulesOf(definition, destinations);
      for (const [name, { example }] of Object.entries(definition.transferOptions?.fields ?? {})) {
        expect(commonOptionNames).not.toContain(name);
        const input = { bucket: 'films', key: 'film.mp4', [name]: example };
        expect(readRequest(input, rules).options).toMatchObject({ [name]: example });
      }
    },
  );
});
