import { describe, expect, it } from 'vitest';
import { sevenBridges } from '#src/destinations/seven-bridges/definition.ts';
import { maxObjectBytes, maxParts, minPartBytes } from '#src/destinations/seven-bridges/limits.ts';
import { partSizeOf } from '#src/destinations/seven-bridges/part-size.ts';
import { checkSettings } from '#src/destinations/seven-bridges/settings.ts';
import { readSettings } from '#src/service-api/settings.ts';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;
const TiB = 1024 * GiB;

describe('the part size for Seven Bridges', () => {
  it.each([
    ['1 byte', 1, 64 * MiB],
    ['512 MiB', 512 * MiB, 64 * MiB],
    ['1 GiB', GiB, 128 * MiB],
    ['4 GiB', 4 * GiB, 256 * MiB],
    ['1 TiB', TiB, 256 * MiB],
    ['5 TiB', 5 * TiB, 525 * MiB],
  ])('of %s', (_, sizeBytes, partSize) => {
    expect(partSizeOf(sizeBytes)).toBe(partSize);
  });

  it('is the configured one, unless the object would have more than 10,000 parts', () => {
    expect(partSizeOf(GiB, minPartBytes)).toBe(minPartBytes);
    const raised = partSizeOf(maxObjectBytes, minPartBytes);
    expect(maxObjectBytes / raised).toBeLessThanOrEqual(maxParts);
  });

  it('leaves a terabyte 80 % of the calls of its time, at 500 MB/s', () => {
    const parts = 1e12 / partSizeOf(1e12);
    const windows = 1e12 / 500e6 / 300;
    expect(parts / windows).toBeLessThan(800);
  });
});

describe('the settings for Seven Bridges', () => {
  it('are read from the environment', () => {
    const settings = readSettings(sevenBridges, {
      SEVEN_BRIDGES_ENVIRONMENT: 'cgc',
      SEVEN_BRIDGES_PROJECT: 'ada/genomes',
      SEVEN_BRIDGES_ON_NAME_TAKEN: 'overwrite',
      SEVEN_BRIDGES_FOLDERS: 'key',
      SEVEN_BRIDGES_PART_SIZE_BYTES: String(32 * MiB),
      SEVEN_BRIDGES_PARENT: '',
    });
    expect(settings).toEqual({
      baseUrl: 'https://cgc-api.sbgenomics.com/v2',
      project: 'ada/genomes',
      onNameTaken: 'overwrite',
      folders: 'key',
      partSizeBytes: 32 * MiB,
    });
  });

  it.each([
    [{ project: 'a/b' }, 'Invalid environment: set either this or the base URL.'],
    [{ environment: 'cavatica' }, 'Invalid project: set either this or the parent.'],
    [
      { environment: 'cavatica', project: 'genomes' },
      'Invalid project "genomes": must be owner/name, such as "ada/genomes".',
    ],
    [
      { environment: 'cavatica', project: 'a/b', parent: 'f1' },
      'Invalid project "a/b": set either this or the parent.',
    ],
    [
      { environment: 'hyena', project: 'a/b' },
      'Invalid environment "hyena": must be one of "cavatica", "cgc", "us", "eu", "biodatacatalyst", "china".',
    ],
    [
      { environment: 'cavatica', project: 'a/b', partSizeBytes: 1024 },
      'Invalid partSizeBytes 1024: must be at least 5242880.',
    ],
  ])('reject %j', (input, message) => {
    expect(() => checkSettings(input)).toThrow(message);
  });

  it('name the environment variable', () => {
    const env = { SEVEN_BRIDGES_ENVIRONMENT: 'cavatica', SEVEN_BRIDGES_PROJECT: 'x' };
    expect(() => readSettings(sevenBridges, env)).toThrow(
      'Invalid SEVEN_BRIDGES_PROJECT "x": must be owner/name',
    );
  });
});
