import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  bucket,
  expectReady,
  inputOf,
  missingBucket,
  openWireHarness,
  versionedBucket,
  type WireHarness,
} from '../../harness/wire-harness.ts';

let harness: WireHarness;

beforeAll(async () => {
  harness = await openWireHarness();
});
beforeEach(() => harness.reset());
afterAll(() => harness.close());

/** Runs `change` before the n-th PUT. */
function meanwhile(nth: number, change: () => void): void {
  harness.service.faults.add({ on: 'put', nth, kind: 'callback', act: change });
}

const chunks = 12;

describe('an object that changes while it is read', () => {
  it('without versions ends as superseded, with an event and no asset', async () => {
    const film = harness.put(chunks);
    meanwhile(3, () => harness.put(chunks, { key: film.key }));
    const result = await harness.run(inputOf(film));
    expect(result).toMatchObject({
      status: 'SUCCEEDED',
      output: { status: 'superseded', key: film.key },
    });
    expect(harness.events(film.key).map(({ type }) => type)).toEqual(['Transfer Superseded']);
    expect(harness.service.sessions().at(-1)?.state).toBe('active');
  });

  it('becomes a transfer of its own with its new content', async () => {
    const film = harness.put(chunks);
    let changed = film;
    meanwhile(3, () => {
      changed = harness.put(chunks, { key: film.key });
    });
    await harness.run(inputOf(film));
    await expectReady(harness, changed, await harness.run(inputOf(film)));
  });

  it('with versions is read to its end in the pinned version', async () => {
    const film = harness.put(chunks, { bucket: versionedBucket });
    meanwhile(3, () => harness.put(chunks, { key: film.key, bucket: versionedBucket }));
    await expectReady(harness, film, await harness.run(inputOf(film)));
  });

  it('by a delete without versions ends as superseded', async () => {
    const film = harness.put(chunks);
    meanwhile(3, () => harness.s3.delete(film.bucket, film.key));
    const result = await harness.run(inputOf(film));
    expect(result).toMatchObject({ status: 'SUCCEEDED', output: { status: 'superseded' } });
  });

  it('by a delete with versions is read to its end', async () => {
    const film = harness.put(chunks, { bucket: versionedBucket });
    meanwhile(3, () => harness.s3.delete(film.bucket, film.key));
    await expectReady(harness, film, await harness.run(inputOf(film)));
  });

  it('is read in the version that the input names', async () => {
    const film = harness.put(2, { bucket: versionedBucket });
    await harness.run(inputOf(film));
    const [old] = (await harness.rows()).filter(
      ({ row, source }) => row === 'transfer' && (source as { key: string }).key === film.key,
    );
    const { versionId } = (old as { source: { versionId: string } }).source;
    harness.put(3, { key: film.key, bucket: versionedBucket });
    const output = (await harness.run({ ...inputOf(film), versionId, force: true })).output;
    expect(output).toMatchObject({ versionId, bytes: film.sizeBytes, ingestNumber: 2 });
  });
});

describe("the object's own checksum", () => {
  it.each(['CRC64NVME', 'CRC32', 'CRC32C'] as const)(
    '%s is compared with the sent chunks',
    async (algorithm) => {
      const film = harness.put(chunks, { traits: { checksum: { algorithm } } });
      const output = await expectReady(harness, film, await harness.run(inputOf(film)));
      expect(output.checksum).toBe(algorithm);
    },
  );

  it('that differs fails the execution before the asset is awaited', async () => {
    const film = harness.put(chunks, {
      traits: { checksum: { algorithm: 'CRC32', value: 'AAAAAA==' } },
    });
    const result = await harness.run(inputOf(film));
    expect(result).toMatchObject({ status: 'FAILED', error: 'SourceChecksumMismatchError' });
    expect(result.entered.AwaitAsset).toBeUndefined();
  });

  it('of the composite type is recorded as not compared', async () => {
    const film = harness.put(2, {
      traits: { checksum: { algorithm: 'CRC32', type: 'COMPOSITE' } },
    });
    const output = await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(output.checksum).toBe('none');
  });
});

describe('a start that is rejected by name, without a call to the service:', () => {
  const rejections: readonly (readonly [string, () => unknown, string, RegExp])[] = [
    ['a missing object', () => ({ bucket, key: 'no.mp4' }), 'SourceNotFoundError', /no\.mp4/],
    [
      'a missing bucket',
      () => ({ bucket: missingBucket, key: 'a.mp4' }),
      'SourceNotFoundError',
      /missing-films/,
    ],
    [
      'a bucket that is not a source',
      () => ({ bucket: 'no-such-bucket', key: 'a.mp4' }),
      'SourceNotConfiguredError',
      /no-such-bucket/,
    ],
    [
      'an object without read permission',
      () => {
        const film = harness.put(1);
        harness.s3.deny(film.bucket, film.key);
        return inputOf(film);
      },
      'SourceAccessDeniedError',
      /s3:GetObject/,
    ],
    [
      'an object without permission for its key',
      () => {
        const film = harness.put(1);
        harness.s3.deny(film.bucket, film.key, 'kms');
        return inputOf(film);
      },
      'SourceAccessDeniedError',
      /kms:Decrypt/,
    ],
    ['an empty object', () => inputOf(harness.put(0)), 'SourceEmptyError', /0 bytes/],
    ['a folder marker', () => ({ bucket, key: 'archive/' }), 'SourceIsFolderError', /archive\//],
    [
      'a text',
      () => inputOf(harness.put(1, { key: 'a.txt', traits: { contentType: 'text/plain' } })),
      'SourceTypeUnsupportedError',
      /a\.txt/,
    ],
    [
      'an archived object',
      () => inputOf(harness.put(1, { traits: { storageClass: 'DEEP_ARCHIVE' } })),
      'SourceArchivedError',
      /DEEP_ARCHIVE/,
    ],
    [
      'an object with a customer-provided key',
      () => inputOf(harness.put(1, { traits: { customerEncrypted: true } })),
      'SourceCustomerEncryptedError',
      /SSE-C/,
    ],
    ['an input without a key', () => ({ bucket }), 'InvalidInputError', /key/],
    [
      'an input with a misspelt field',
      () => ({ bucket, key: 'a.mp4', versionID: 'x' }),
      'InvalidInputError',
      /versionID/,
    ],
    [
      'an invalid bucket name',
      () => ({ bucket: 's3://films', key: 'a.mp4' }),
      'InvalidInputError',
      /bucket/,
    ],
    ['a key that is a number', () => ({ bucket, key: 7 }), 'InvalidInputError', /key/],
    ['an empty input', () => ({}), 'InvalidInputError', /"bucket"/],
    ['a list', () => [{ bucket, key: 'a.mp4' }], 'InvalidInputError', /"bucket"/],
    ['a text as input', () => 's3://films/a.mp4', 'InvalidInputError', /"bucket"/],
    ['a number as input', () => 42, 'InvalidInputError', /"bucket"/],
    [
      'an event of another kind',
      () => ({
        source: 'aws.s3',
        'detail-type': 'Object Deleted',
        detail: { bucket: { name: bucket }, object: { key: 'a.mp4' } },
      }),
      'InvalidInputError',
      /detail-type/,
    ],
  ];

  it.each(rejections)('%s', async (_what, input, error, named) => {
    const before = harness.service.sessions().length;
    const result = await harness.run(input());
    expect(result).toMatchObject({ status: 'FAILED', error });
    expect(result.cause).toMatch(named);
    expect(result.cause).not.toMatch(/[\r\n]/);
    expect(harness.service.sessions()).toHaveLength(before);
    expect(harness.service.calls.all()).toEqual([]);
    const rejection = (await harness.rows()).find(({ owner }) => owner === result.executionArn);
    expect(rejection).toMatchObject({
      state: 'rejected',
      outcomePublished: true,
      outcome: { error },
    });
  });

  it('accepts a restored object', async () => {
    const film = harness.put(2, {
      traits: {
        storageClass: 'GLACIER',
        restore: 'ongoing-request="false", expiry-date="Fri, 21 Dec 2029 00:00:00 GMT"',
      },
    });
    await expectReady(harness, film, await harness.run(inputOf(film)));
  });
});
