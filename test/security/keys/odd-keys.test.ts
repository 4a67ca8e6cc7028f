import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
  type MockInstance,
  vi,
} from 'vitest';
import type { Log } from '#src/core/ports/log.ts';
import {
  bucket,
  expectReady,
  type Film,
  inputOf,
  openWireHarness,
  versionedBucket,
  type WireHarness,
} from '../../harness/wire-harness.ts';
import { eventOf } from '../fuzz/inputs/starts.ts';
import { maxKeyBytes, oddKeys, tooLongKeys } from './odd-keys.ts';

let harness: WireHarness;
let out: MockInstance<typeof process.stdout.write>;
afterEach(() => vi.restoreAllMocks());

/** Opens the harness for a group of tests. Only the table's own wire needs every key over `dynamodb`. */
function useHarness(table: 'dynamodb' | 'memory'): void {
  beforeAll(async () => {
    // Without an override, the functions log with Powertools, as in Lambda.
    harness = await openWireHarness({ table });
    harness.override({ log: undefined as unknown as Log });
  });
  afterAll(() => harness.close());
}

/** C0 controls, which JSON escapes. */
const control = /(?=\p{ASCII})(?!\u007f)\p{Cc}/u;

type Line = Readonly<Record<string, unknown>>;

function catchOutput(): void {
  out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockImplementation(process.stdout.write);
}

/** Returns the logged lines; expects each write to be one line with one JSON object. */
function loggedLines(): Line[] {
  return out.mock.calls.map(([written]) => {
    const text = String(written);
    expect(text.slice(0, -1)).not.toMatch(control);
    expect(text.at(-1)).toBe('\n');
    return JSON.parse(text) as Line;
  });
}

/** Returns an event with another ETag than S3's: a log line reports the difference with the key. */
const eventAbout = ({ bucket, key }: Film) => eventOf({ bucket, key });

async function expectArrived(film: Film, input: unknown): Promise<void> {
  catchOutput();
  const result = await harness.run(input);
  const lines = loggedLines();
  vi.restoreAllMocks();
  const output = await expectReady(harness, film, result);
  expect(output).toMatchObject({ bucket: film.bucket, key: film.key });
  expect(result.executionArn.split(':').at(-1)).toMatch(/^[\w-]{1,80}$/);
  const row = await harness.transferOf(film);
  expect(row).toMatchObject({ state: 'ready', source: { key: film.key }, outcomePublished: true });
  const outcomes = harness.events(film.key).filter(({ detail }) => detail.bucket === film.bucket);
  expect(outcomes.map(({ type }) => type)).toEqual(['Transfer Ready']);
  expect(lines.length).toBeGreaterThan(1);
  for (const line of lines) expect(line).toMatchObject({ level: expect.any(String) });
  for (const { key } of lines.filter((line) => 'key' in line)) expect(key).toBe(film.key);
  const ofSteps = lines.filter((line) => 'step' in line);
  expect(ofSteps.length).toBeGreaterThan(0);
  expect(ofSteps.filter((line) => !('key' in line))).toEqual([]);
}

const cases = Object.entries(oddKeys);

describe('an object whose key', () => {
  useHarness('dynamodb');

  it.each(cases)(
    '%s arrives complete and is reported by its key after a manual start',
    async (_, key) => {
      const film = harness.put(2, { key });
      await expectArrived(film, inputOf(film));
    },
  );
});

describe('an object whose key', () => {
  useHarness('memory');

  it.each(cases)(
    '%s arrives complete and is reported by its key after an event',
    async (_, key) => {
      const film = harness.put(2, { key, bucket: versionedBucket });
      await expectArrived(film, eventAbout(film));
    },
  );

  it.each(Object.entries(tooLongKeys))(
    'has one byte more than S3 allows is rejected by name, %s',
    async (_, key) => {
      expect(Buffer.byteLength(key)).toBe(maxKeyBytes + 1);
      harness.service.calls.clear();
      catchOutput();
      for (const input of [{ bucket, key }, eventOf({ bucket, key })]) {
        expect(await harness.run(input)).toMatchObject({
          status: 'FAILED',
          error: 'InvalidInputError',
          cause: expect.stringContaining('must have at most 1,024 bytes'),
        });
      }
      expect(harness.service.calls.all()).toEqual([]);
    },
  );

  it.each(cases)('%s is named in one line if the object does not exist', async (_, key) => {
    catchOutput();
    const result = await harness.run({ bucket, key, versionId: 'version.none' });
    const lines = loggedLines();
    vi.restoreAllMocks();
    expect(result).toMatchObject({ status: 'FAILED', error: 'SourceNotFoundError' });
    expect(result.cause).not.toMatch(/\p{Cc}/u);
    expect(lines.filter(({ level }) => level === 'ERROR')).toHaveLength(1);
  });
});
