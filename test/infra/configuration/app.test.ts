import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createApp } from '#infra/create-app.ts';
import { errorOf } from '../deployed.ts';

const outdir = mkdtempSync(join(tmpdir(), 'chunkferry-app-'));
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

describe('the app', () => {
  it.each<[string, Record<string, unknown>, string]>([
    [
      'of a source',
      { sourceBuckets: 'films', suffixes: 'mp4' },
      'ConfigurationError: Invalid suffixes[0] "mp4": must have its dot. Use ".mp4".',
    ],
    [
      'in two sources',
      { sourceBuckets: 'films', sources: '[{"bucket":"films"}]' },
      'ConfigurationError: Overlapping sources: "films" (any object) and "films" (any object). Separate them by prefixes, suffixes or sizes: an object must belong to one source only.',
    ],
  ])('is not created with an error %s', (_, context, line) => {
    expect(errorOf(() => createApp({ outdir, context }))).toBe(line);
  });
});
