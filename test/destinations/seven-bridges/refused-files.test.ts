import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { SevenBridgesOptions } from '#local/simulators/seven-bridges/switches.ts';
import { type ErrorName, errorCatalogue } from '#src/core/errors/error-lookup.ts';
import type { SettingsInput } from '#src/destinations/seven-bridges/settings.ts';
import { sampleBytes } from '../../doubles/memory/memory-source.ts';
import { openPortHarness } from '../../harness/port-harness.ts';
import { runTransfer } from '../../harness/run-transfer.ts';
import { bridge, operationsOf, patient, serviceOf } from './bridged.ts';

const partBytes = 1024;

interface Move {
  readonly switches?: SevenBridgesOptions;
  readonly settings?: Partial<SettingsInput>;
  readonly key?: string;
  readonly filename?: string;
  readonly sizeBytes?: number;
}

/** Moves one object over the wire, by the deployed state machine. */
async function move({
  switches,
  settings,
  key = 'runs/reads.bam',
  filename,
  sizeBytes = 10,
}: Move) {
  const bridged = await bridge({ partSize: partBytes, ...switches }, settings, patient);
  const harness = await openPortHarness(async () => serviceOf(bridged));
  const bytes = sampleBytes(sizeBytes).subarray(0, sizeBytes);
  harness.source.put({ bucket: 'films', key }, bytes);
  const result = await runTransfer(harness, { bucket: 'films', key, filename });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { bridged, result, sha256 };
}

describe('a file that Seven Bridges does not take ends with an error that says what to do', () => {
  it.each<[string, Move, ErrorName, string]>([
    [
      'an unknown project',
      { settings: { project: 'ada/unknown' } },
      'ProjectNotFoundError',
      'The project ada/unknown does not exist.',
    ],
    [
      'an unknown folder',
      { settings: { parent: 'no-such-folder' } },
      'ProjectNotFoundError',
      'does not exist.',
    ],
    [
      'an unknown folder, with folders for the key',
      { settings: { parent: 'no-such-folder', folders: 'key' } },
      'ProjectNotFoundError',
      'does not exist.',
    ],
    [
      'a token that may only read',
      { switches: { takesFiles: 'read-only' } },
      'ProjectDeniedError',
      'You do not have permission to write into this project.',
    ],
    [
      'a locked project',
      { switches: { takesFiles: 'locked' } },
      'ProjectDeniedError',
      'The project is locked.',
    ],
    [
      'a full storage',
      { switches: { takesFiles: 'full' } },
      'RequestRejectedError',
      'The storage quota is exceeded.',
    ],
    ['an empty object', { sizeBytes: 0 }, 'SourceEmptyError', 'has 0 bytes'],
  ])('%s', async (_, input, name, words) => {
    const { bridged, result } = await move(input);
    expect(result).toMatchObject({ status: 'FAILED', error: name });
    expect(result.cause).toContain(words);
    expect(result.cause).toContain(errorCatalogue[name].nextStep);
    expect(bridged.simulator.uploads()).toEqual([]);
    expect(bridged.simulator.entries()).toEqual([]);
    // One refusal is enough: no call is repeated.
    expect(operationsOf(bridged).length).toBeLessThanOrEqual(1);
  });
});

describe('a file at a limit of Seven Bridges arrives', () => {
  it.each<[string, Move, string]>([
    ['with a name of 255 characters', { key: `${'a'.repeat(251)}.bam` }, `${'a'.repeat(251)}.bam`],
    [
      'with a longer name, which keeps its extension',
      { key: `runs/${'a'.repeat(300)}.bam` },
      `${'a'.repeat(251)}.bam`,
    ],
    ['with a slash in the requested name', { filename: '2026/b.bam' }, 'b.bam'],
  ])('%s', async (_, input, name) => {
    const { bridged, result, sha256 } = await move(input);
    expect(result.output).toMatchObject({ status: 'ready' });
    const [file, ...others] = bridged.simulator.entries();
    expect([file?.name, others]).toEqual([name, []]);
    expect(bridged.simulator.storedSha256(String(file?.id))).toBe(sha256);
  });

  it.each([
    [1, 1],
    [partBytes - 1, 1],
    [partBytes, 1],
    [partBytes + 1, 2],
    [2 * partBytes, 2],
  ])('of %i bytes, in %i parts, none of them empty', async (sizeBytes, parts) => {
    const { bridged, result, sha256 } = await move({ sizeBytes });
    expect(result.output).toMatchObject({ status: 'ready', chunks: parts });
    const [upload] = bridged.simulator.uploads();
    const sizes = [...(upload?.stored.values() ?? [])].map((part) => part.sizeBytes);
    expect(sizes.toSorted((a, b) => b - a)).toEqual(
      Array.from({ length: parts }, (_, i) => Math.min(partBytes, sizeBytes - i * partBytes)),
    );
    expect(bridged.simulator.storedSha256(String(result.output.assetId))).toBe(sha256);
  });
});
