import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatLimit } from '#local/destination-pages/format-limit.ts';
import { pageFileOf, renderDestinationPage } from '#local/destination-pages/page.ts';
import { destinations } from '#src/destinations/registry.ts';

const readme = readFileSync('README.md', 'utf8');

describe.each(destinations)('the page of $kind', ({ kind }) => {
  it('equals the page.md of its folder with its limits; npm run docs:destinations writes it', async () => {
    expect(readFileSync(pageFileOf(kind), 'utf8')).toBe(await renderDestinationPage(kind));
  });

  it('is linked from the README', () => {
    expect(readme).toContain(`(${pageFileOf(kind)})`);
  });

  it.each(['## Limits', '## What only a live account can settle'])(
    'has the section "%s"',
    (title) => {
      expect(readFileSync(pageFileOf(kind), 'utf8')).toContain(`\n${title}\n`);
    },
  );
});

it.each([
  ['maxObjectBytes', 5 * 1024 ** 4, '5 TiB'],
  ['maxPartBytes', 5 * 1024 ** 2, '5 MiB'],
  ['maxImageBytes', 5_000_000, '5 MB'],
  ['maxChunkBytes', 204_800, '204,800 bytes'],
  ['maxBytesByMediaType.video', 10 * 1024 ** 3, '10 GiB'],
  ['urlLifetimeMs', 3_600_000, '1 hour'],
  ['sessionLifetimeMs', 86_400_000, '24 hours'],
  ['callWindowMs', 300_000, '5 minutes'],
  ['maintenanceSeconds', 90, '90 seconds'],
  ['maxParts', 10_000, '10,000'],
])('the limit %s of %i is written as "%s" with its unit', (name, value, text) => {
  expect(formatLimit(name, value)).toBe(text);
});
