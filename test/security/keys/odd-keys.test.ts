import { describe, expect, it } from 'vitest';
import { bucket, type Film, versionedBucket } from '../../harness/wire-harness.ts';
import { eventOf } from '../fuzz/inputs/starts.ts';
import { useKeyRuns } from './key-runs.ts';
import { maxKeyBytes, oddKeys, tooLongKeys } from './odd-keys.ts';

/** Returns an event with another ETag than S3's: a log line reports the difference with the key. */
const eventAbout = ({ bucket, key }: Film) => eventOf({ bucket, key });

const cases = Object.entries(oddKeys);

describe('an object whose key', () => {
  const runs = useKeyRuns('memory');

  it.each(cases)(
    '%s arrives complete and is reported by its key after an event',
    async (_, key) => {
      const film = runs.harness.put(2, { key, bucket: versionedBucket });
      await runs.expectArrived(film, eventAbout(film));
    },
  );

  it.each(Object.entries(tooLongKeys))(
    'has one byte more than S3 allows is rejected by name, %s',
    async (_, key) => {
      expect(Buffer.byteLength(key)).toBe(maxKeyBytes + 1);
      runs.harness.service.calls.clear();
      for (const input of [{ bucket, key }, eventOf({ bucket, key })]) {
        const { result } = await runs.runLogged(input);
        expect(result).toMatchObject({
          status: 'FAILED',
          error: 'InvalidInputError',
          cause: expect.stringContaining('must have at most 1,024 bytes'),
        });
      }
      expect(runs.harness.service.calls.all()).toEqual([]);
    },
  );

  it.each(cases)('%s is named in one line if the object does not exist', async (_, key) => {
    const input = { bucket, key, versionId: 'version.none' };
    const { result, lines } = await runs.runLogged(input);
    expect(result).toMatchObject({ status: 'FAILED', error: 'SourceNotFoundError' });
    expect(result.cause).not.toMatch(/\p{Cc}/u);
    expect(lines.filter(({ level }) => level === 'ERROR')).toHaveLength(1);
  });
});
