import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { referenceOf } from '#infra/configuration/reference.ts';
import { configurationFile, renderConfigurationPage } from '#infra/configuration-page/page.ts';
import { propsFile, renderDocumentedProps } from '#infra/configuration-page/props-file.ts';
import { chunkferryProps } from '#infra/stacks/chunkferry-props.ts';
import { readSettings } from '#src/config/environment.ts';

describe('the props that an editor describes', () => {
  const file = renderDocumentedProps();

  it('equal those of the schemas; npm run docs:configuration writes them', () => {
    expect(readFileSync(propsFile, 'utf8')).toBe(file);
  });

  it('have a description each', () => {
    const members = file.match(/^.*\n {2}readonly \w+\??: .*;$/gm) ?? [];
    expect(members.length).toBeGreaterThan(50);
    for (const member of members) expect(member).toMatch(/^ {2}( \*\/|\/\*\* .+ \*\/)\n/);
  });
});

describe('docs/configuration.md', () => {
  const page = renderConfigurationPage();

  it('equals the page of the schemas; npm run docs:configuration writes it', () => {
    expect(readFileSync(configurationFile, 'utf8')).toBe(page);
  });

  it('describes every setting, with its type', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    expect(rows.length).toBeGreaterThan(80);
    for (const row of rows)
      expect(row).toMatch(/^\| `\w+` \| \S.* \| \S.* \| [A-Z`].*\.( See .*\.)? \|$/);
  });

  it('shows the defaults of the functions', () => {
    const { chunksInFlight, mapConcurrency, noProgressMs } = readSettings({});
    const { shape } = chunkferryProps;
    expect(referenceOf(shape.chunksInFlight).default).toBe(String(chunksInFlight));
    expect(referenceOf(shape.mapConcurrency).default).toBe(String(mapConcurrency));
    expect(referenceOf(shape.noProgress).default).toBe(`${noProgressMs / 1000} s`);
  });
});
