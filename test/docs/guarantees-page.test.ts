import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDefaultSwitches } from '#local/simulators/twelvelabs/settings/switches.ts';

const page = readFileSync(new URL('../../docs/guarantees.md', import.meta.url), 'utf8');

const mutations = 'test/simulation/mutations';

describe('docs/guarantees.md', () => {
  it('names mutations that the simulation runs', () => {
    const sources = readdirSync(mutations).map((name) =>
      readFileSync(join(mutations, name), 'utf8'),
    );
    const known = sources.flatMap((text) =>
      [...text.matchAll(/^ +name: (?:'(.*)'|"(.*)"),$/gm)].map(([, a, b]) => a ?? b),
    );
    const named = [...page.matchAll(/mutations? "([^"]+)"(?: and "([^"]+)")?/g)].flatMap(
      ([, ...names]) => names.filter((name) => name !== undefined),
    );
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('links to the assumptions about TwelveLabs, which name switches that its simulator has', () => {
    expect(page).toContain('(twelvelabs.md#what-only-a-live-account-can-settle)');
    const source = new URL('../../src/destinations/twelvelabs/page.md', import.meta.url);
    const [, table = ''] = /(\| assumed \|[\s\S]*)$/.exec(readFileSync(source, 'utf8')) ?? [];
    const rows = table
      .split('\n')
      .slice(2)
      .filter((line) => line.startsWith('| '));
    const switches = rows.flatMap(
      (row) =>
        row
          .split(' | ')
          .at(-1)
          ?.match(/(?<=`)\w+(?=`)/g) ?? [],
    );
    expect(switches.length).toBeGreaterThan(10);
    expect(switches.filter((name) => !(name in createDefaultSwitches()))).toEqual([]);
  });
});
