import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  expectReady,
  type Film,
  inputOf,
  openWireHarness,
  type WireHarness,
} from '../harness/wire-harness.ts';

/**
 * Cases of public reports about S3, from the event to the asset and over the wire: the machine that
 * deploys, the handlers, an S3 that behaves as described. The ids are the issue's.
 */

let harness: WireHarness;

beforeAll(async () => {
  harness = await openWireHarness();
  const list = [
    { bucket: 'films' },
    { bucket: 'versioned-films' },
    { bucket: 'paid', requestPayer: true },
    { bucket: 'scanned', waitWhileDeniedSeconds: 1_800 },
    { bucket: 'never-scanned', waitWhileDeniedSeconds: 60 },
  ];
  process.env.SOURCES = JSON.stringify({ list, readers: {} });
  harness.s3.createBucket('paid', { requesterPays: true });
  harness.s3.createBucket('scanned');
  harness.s3.createBucket('never-scanned');
});
beforeEach(() => {
  harness.reset();
  harness.s3.clockAheadMs = 0;
});
afterAll(() => harness.close());

const eventOf = ({ bucket, key, sizeBytes }: Film) => ({
  source: 'aws.s3',
  'detail-type': 'Object Created',
  detail: { bucket: { name: bucket }, object: { key, size: sizeBytes } },
});
const opened = () => harness.service.calls.count('create');
const afterSeconds = (seconds: number, act: () => void) =>
  void harness.clock.sleep(seconds * 1_000).then(act);

describe('B1: the version null (cloud-custodian#2003)', () => {
  it('is moved as it was pinned, with a newer version beside it', async () => {
    const film = harness.put(3);
    harness.s3.setVersioning('films', 'enabled');
    harness.put(4, { key: film.key });
    await expectReady(harness, film, await harness.run({ ...inputOf(film), versionId: 'null' }));
    harness.s3.setVersioning('films', 'never');
    expect(new Set(harness.s3.calls.map(({ versionId }) => versionId))).toEqual(new Set(['null']));
  });
});

describe('B2: a clock that is not S3’s (aws-sdk-js-v3#8005)', () => {
  it('is corrected, and nothing is lost', async () => {
    const film = harness.put(3);
    harness.s3.clockAheadMs = 3_600_000;
    await expectReady(harness, film, await harness.run(eventOf(film)));
  });
});

describe('B3: throttling codes (re:Post kms-throttlingexception-error)', () => {
  it.each(['ThrottlingException', 'KMS.ThrottlingException', 'OperationAborted'])(
    '%s with a 400 for a chunk costs one more read',
    async (code) => {
      const film = harness.put(3);
      harness.s3.fail({ kind: 'error', status: 400, code }, { skip: 2 });
      await expectReady(harness, film, await harness.run(eventOf(film)));
      expect(harness.s3.chunkReads()).toBe(4);
    },
  );
});

describe('B4: a storm at the HEAD (rclone#3456)', () => {
  it.each([
    ['90 seconds', 90],
    ['ten minutes', 600],
  ])('of %s spends no event', async (_, seconds) => {
    const film = harness.put(2);
    for (const method of ['HEAD', 'GET'] as const) {
      const times = Number.POSITIVE_INFINITY;
      harness.s3.fail({ kind: 'error', status: 503, code: 'SlowDown' }, { method, times });
    }
    afterSeconds(seconds, () => harness.s3.clearFaults());
    await expectReady(harness, film, await harness.run(eventOf(film)));
  });
});

describe('B6: a version that may not be read (boto#3219)', () => {
  it('is named before any session is opened', async () => {
    const film = harness.put(2, { bucket: 'versioned-films' });
    harness.s3.deny(film.bucket, film.key, 'version');
    const result = await harness.run(eventOf(film));
    expect(result).toMatchObject({
      status: 'FAILED',
      error: 'SourceAccessDeniedError',
      cause: expect.stringMatching(/s3:GetObjectVersion.*bucket's policy.*KMS key's policy.*SCP/),
    });
    expect(opened()).toBe(0);
  });
});

describe('B11: Content-Encoding (aws-cli#7856)', () => {
  it('gzip is refused by name, and nothing is created', async () => {
    const film = harness.put(2, { traits: { contentEncoding: 'gzip' } });
    const result = await harness.run(eventOf(film));
    expect(result).toMatchObject({ status: 'FAILED', error: 'SourceContentEncodedError' });
    expect(opened()).toBe(0);
  });

  it('aws-chunked is moved', async () => {
    const film = harness.put(2, { traits: { contentEncoding: 'aws-chunked' } });
    await expectReady(harness, film, await harness.run(eventOf(film)));
  });
});

describe('B14: a bucket whose requester pays (aws-cli#2557)', () => {
  it('is moved with the option of its source', async () => {
    const film = harness.put(3, { bucket: 'paid' });
    await expectReady(harness, film, await harness.run(eventOf(film)));
  });
});

describe('B15: reads that are denied for a while (aws-s3-virusscan#17)', () => {
  it('are waited for at the first step', async () => {
    const film = harness.put(2, { bucket: 'scanned' });
    harness.s3.deny(film.bucket, film.key);
    afterSeconds(180, () => harness.s3.allow(film.bucket, film.key));
    await expectReady(harness, film, await harness.run(eventOf(film)));
  });

  it('are waited for in the middle of a transfer', async () => {
    const film = harness.put(6, { bucket: 'scanned' });
    const act = () => {
      harness.s3.deny(film.bucket, film.key);
      afterSeconds(180, () => harness.s3.allow(film.bucket, film.key));
    };
    harness.service.faults.add({ on: 'put', nth: 2, kind: 'callback', act });
    await expectReady(harness, film, await harness.run(eventOf(film)));
  });

  it('end by the denial once the time of the source is over', async () => {
    const film = harness.put(2, { bucket: 'never-scanned' });
    harness.s3.deny(film.bucket, film.key);
    expect(await harness.run(eventOf(film))).toMatchObject({
      status: 'FAILED',
      error: 'SourceAccessDeniedError',
      cause: expect.stringMatching(/\(for [1-4] minutes\)/),
    });
  });

  it('are final without the option, which the error names', async () => {
    const film = harness.put(2);
    harness.s3.deny(film.bucket, film.key);
    expect(await harness.run(eventOf(film))).toMatchObject({
      error: 'SourceAccessDeniedError',
      cause: expect.stringContaining('waitWhileDenied'),
    });
  });
});
