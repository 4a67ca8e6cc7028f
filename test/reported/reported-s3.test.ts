import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  expectReady,
  type Film,
  inputOf,
  openWireHarness,
  type WireHarness,
} from '../harness/wire-harness.ts';

/**
 * Cases of public reports about S3, over the wire, with an S3 double that behaves as described. The ids
 * are those of the list of cases.
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
const createCalls = () => harness.service.calls.count('create');
const afterSeconds = (seconds: number, act: () => void) =>
  void harness.clock.sleep(seconds * 1_000).then(act);

describe('B1: the version null (cloud-custodian#2003)', () => {
  it('is transferred in the pinned version although a newer version exists', async () => {
    const film = harness.put(3);
    harness.s3.setVersioning('films', 'enabled');
    harness.put(4, { key: film.key });
    await expectReady(harness, film, await harness.run({ ...inputOf(film), versionId: 'null' }));
    harness.s3.setVersioning('films', 'never');
    expect(new Set(harness.s3.calls.map(({ versionId }) => versionId))).toEqual(new Set(['null']));
  });
});

describe('B2: a clock that differs from S3’s (aws-sdk-js-v3#8005)', () => {
  it('is corrected, and the transfer succeeds', async () => {
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

describe('B4: an outage of S3 at the HEAD (rclone#3456)', () => {
  it.each([
    ['90 seconds', 90],
    ['ten minutes', 600],
  ])('of %s loses no event', async (_, seconds) => {
    harness.clock.setFactor(400);
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
  it('is reported before a session opens', async () => {
    const film = harness.put(2, { bucket: 'versioned-films' });
    harness.s3.deny(film.bucket, film.key, 'version');
    const result = await harness.run(eventOf(film));
    expect(result).toMatchObject({
      status: 'FAILED',
      error: 'SourceAccessDeniedError',
      cause: expect.stringMatching(/s3:GetObjectVersion.*bucket's policy.*KMS key's policy.*SCP/),
    });
    expect(createCalls()).toBe(0);
  });
});

describe('B11: Content-Encoding (aws-cli#7856)', () => {
  it('gzip is rejected by name, and nothing is created', async () => {
    const film = harness.put(2, { traits: { contentEncoding: 'gzip' } });
    const result = await harness.run(eventOf(film));
    expect(result).toMatchObject({ status: 'FAILED', error: 'SourceContentEncodedError' });
    expect(createCalls()).toBe(0);
  });

  it('aws-chunked is transferred', async () => {
    const film = harness.put(2, { traits: { contentEncoding: 'aws-chunked' } });
    await expectReady(harness, film, await harness.run(eventOf(film)));
  });
});

describe('B14: a bucket whose requester pays (aws-cli#2557)', () => {
  it('is transferred with the option of its source', async () => {
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

  it('are waited for during a transfer', async () => {
    const film = harness.put(6, { bucket: 'scanned' });
    const act = () => {
      harness.s3.deny(film.bucket, film.key);
      afterSeconds(180, () => harness.s3.allow(film.bucket, film.key));
    };
    harness.service.faults.add({ on: 'put', nth: 2, kind: 'callback', act });
    await expectReady(harness, film, await harness.run(eventOf(film)));
  });

  it('fail after the waiting time of the source', async () => {
    const film = harness.put(2, { bucket: 'never-scanned' });
    harness.s3.deny(film.bucket, film.key);
    expect(await harness.run(eventOf(film))).toMatchObject({
      status: 'FAILED',
      error: 'SourceAccessDeniedError',
      cause: expect.stringMatching(/\(for [1-4] minutes\)/),
    });
  });

  it('are final without the option, and the error names the option', async () => {
    const film = harness.put(2);
    harness.s3.deny(film.bucket, film.key);
    expect(await harness.run(eventOf(film))).toMatchObject({
      error: 'SourceAccessDeniedError',
      cause: expect.stringContaining('waitWhileDenied'),
    });
  });
});
