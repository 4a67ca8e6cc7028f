import { describe, expect, it } from 'vitest';
import { readSettings } from '#src/config/environment.ts';
import type { ErrorName } from '#src/core/errors/error-lookup.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { SourceReader } from '#src/core/source/source-reader.ts';
import type { Source } from '#src/core/source/sources.ts';
import { objectIdOf } from '#src/step-support/transfer-ids.ts';
import { inspectSource } from '#src/steps/inspect-source/inspect-source.ts';
import { invocationOf } from '../../harness/invocation.ts';
import { film, putFilm } from '../../harness/port-harness.ts';
import { json, StepHarness } from '../../harness/step-harness.ts';

const minute = 60;

/** S3's event about the film, with long fields that the step does not need. */
const event = {
  version: '0',
  source: 'aws.s3',
  'detail-type': 'Object Created',
  account: '111122223333',
  region: 'us-east-1',
  resources: ['x'.repeat(1_000)],
  detail: {
    bucket: { name: film.bucket, arn: 'y'.repeat(1_000) },
    object: { key: film.key, size: 9, etag: 'e', 'version-id': 'v1', sequencer: '0A1B' },
  },
};

/** Returns a harness whose S3 fails with an error for that many seconds. */
async function harnessWithOutage(name: ErrorName, seconds: number, source: Partial<Source> = {}) {
  const sources = { list: [{ bucket: film.bucket, ...source }], readers: {} };
  const harness = await StepHarness.create({}, { sources });
  putFilm(harness.doubles, 9);
  const until = harness.doubles.clock.now() + seconds * 1_000;
  const { source: reader } = harness.ports;
  const reject = () => {
    if (harness.doubles.clock.now() < until) throw new TransferError(name, 'S3 said no');
  };
  const rejecting: SourceReader = {
    inspect: async ({ versionId: _, ...reference }) => {
      reject();
      return reader.inspect({ bucket: reference.bucket, key: reference.key });
    },
    confirmReadable: (object, signal) => reader.confirmReadable(object, signal),
    read: (...args) => reader.read(...args),
  };
  harness.ports = { ...harness.ports, source: rejecting };
  return harness;
}

/** Calls the step until it answers anything but a wait. Returns the answer and the waited seconds. */
async function runTransfer(harness: StepHarness, input: unknown) {
  const startedAt = harness.doubles.clock.now();
  let state: unknown = json(input);
  for (;;) {
    const invocation = invocationOf(harness.doubles);
    const called = inspectSource(harness.ports, state, invocation).finally(invocation.close);
    const answer = json(await called);
    if (answer.next !== 'wait') {
      return { answer, seconds: (harness.doubles.clock.now() - startedAt) / 1_000 };
    }
    harness.waitFor(answer);
    state = answer;
  }
}

describe('InspectSource', () => {
  it.each([
    ['B4: a storm of 90 seconds (rclone#3456)', 90],
    ['an outage of five hours', 5 * 60 * minute],
  ])('waits out %s, and loses no event', async (_, seconds) => {
    const harness = await harnessWithOutage('SourceUnavailableError', seconds);
    const { answer, seconds: waited } = await runTransfer(harness, event);
    expect(answer).toMatchObject({ next: 'open', source: { bucket: film.bucket, key: film.key } });
    expect(waited).toBeGreaterThanOrEqual(seconds);
  });

  it('ends after six hours with a final error that names what it waited for', async () => {
    const harness = await harnessWithOutage('SourceUnavailableError', 24 * 60 * minute);
    await expect(runTransfer(harness, event)).rejects.toMatchObject({
      name: 'OutageTooLongError',
      message: expect.stringMatching(/^S3 said no \(SourceUnavailableError for 36\d minutes\)$/),
    });
  });

  it('stores only the essential fields of an event while it waits', async () => {
    const harness = await harnessWithOutage('SourceUnavailableError', minute);
    const invocation = invocationOf(harness.doubles);
    const answer = json(await inspectSource(harness.ports, event, invocation));
    invocation.close();
    expect(answer).toMatchObject({
      next: 'wait',
      input: { detail: { object: { key: film.key, size: 9, 'version-id': 'v1' } } },
    });
    expect(JSON.stringify(answer).length).toBeLessThan(1_000);
  });

  it('stores the options of a manual start while it waits', async () => {
    const harness = await harnessWithOutage('SourceUnavailableError', 5 * minute);
    const options = { filename: 'a.mp4', force: true };
    expect((await runTransfer(harness, { ...film, ...options })).answer).toMatchObject({ options });
  });

  it('sends no request to S3 before the end of the wait', async () => {
    const harness = await harnessWithOutage('SourceUnavailableError', minute);
    const invocation = invocationOf(harness.doubles);
    const waiting = json(await inspectSource(harness.ports, event, invocation));
    const checkedAt = harness.doubles.clock.now();
    const again = json(await inspectSource(harness.ports, waiting, invocation));
    invocation.close();
    expect(again).toMatchObject({ next: 'wait' });
    expect(harness.doubles.clock.now()).toBe(checkedAt);
  });

  it('measures and logs the wait', async () => {
    const harness = await harnessWithOutage('SourceUnavailableError', 2 * minute);
    await runTransfer(harness, event);
    const { meter, logged } = harness.doubles;
    expect(meter.sum('WaitSeconds', 'SourceUnavailableError')).toBeGreaterThan(0);
    expect(logged.map(({ fields }) => fields)).toContainEqual(
      expect.objectContaining({ step: 'InspectSource', reason: 'S3 said no' }),
    );
  });
});

describe('an object that HEAD finds and GET does not find', () => {
  const superseded = () => Promise.reject(new TransferError('SourceSupersededError', 'is gone'));

  it('fails by name within minutes if HEAD always finds the same content', async () => {
    const harness = await harnessWithOutage('SourceUnavailableError', 0);
    const source = { ...harness.ports.source, confirmReadable: superseded };
    harness.ports = { ...harness.ports, source };
    const startedAt = harness.doubles.clock.now();
    await expect(runTransfer(harness, event)).rejects.toMatchObject({
      name: 'SourceProtocolError',
      message: expect.stringMatching(/HEAD finds the object but GET does not: is gone/),
    });
    expect(harness.doubles.clock.now() - startedAt).toBeLessThan(10 * minute * 1_000);
  });

  it('is retried if HEAD finds another content each time', async () => {
    const harness = await harnessWithOutage('SourceUnavailableError', 0);
    const { source: reader } = harness.ports;
    const until = harness.doubles.clock.now() + 30 * minute * 1_000;
    let writes = 0;
    const source: SourceReader = {
      ...reader,
      inspect: async (...args) => ({ ...(await reader.inspect(...args)), etag: `${++writes}` }),
      confirmReadable: () =>
        harness.doubles.clock.now() < until ? superseded() : Promise.resolve(),
    };
    harness.ports = { ...harness.ports, source };
    expect((await runTransfer(harness, event)).answer).toMatchObject({ next: 'open' });
  });
});

describe('a denied object', () => {
  it('is retried for the time that its source configures (aws-s3-virusscan#17)', async () => {
    const harness = await harnessWithOutage('SourceDeniedForNowError', 3 * minute, {
      waitWhileDeniedSeconds: 10 * minute,
    });
    const { answer } = await runTransfer(harness, event);
    expect(answer).toMatchObject({ next: 'open', source: { waitWhileDeniedSeconds: 600 } });
  });

  it('is retried through other errors of S3 after hours, and no event is lost', async () => {
    const harness = await harnessWithOutage('SourceDeniedForNowError', 7 * 60 * minute, {
      waitWhileDeniedSeconds: 24 * 60 * minute,
    });
    const rejecting = harness.ports.source;
    let storms = 0;
    const inspect: SourceReader['inspect'] = async (...args) =>
      rejecting.inspect(...args).catch((error) => {
        const isLate = harness.doubles.clock.now() % (3 * 3600_000) > 2 * 3600_000;
        if (isLate && storms++ < 12) throw new TransferError('SourceUnavailableError', '503');
        throw error;
      });
    harness.ports = { ...harness.ports, source: { ...rejecting, inspect } };
    expect((await runTransfer(harness, event)).answer).toMatchObject({ next: 'open' });
    expect(storms).toBeGreaterThan(0);
  });

  it('fails with the final error and the waited time after that time', async () => {
    const harness = await harnessWithOutage('SourceDeniedForNowError', 60 * minute, {
      waitWhileDeniedSeconds: 10 * minute,
    });
    await expect(runTransfer(harness, event)).rejects.toMatchObject({
      name: 'SourceAccessDeniedError',
      message: expect.stringMatching(/^S3 said no \(for 1\d minutes\)$/),
    });
  });

  it('is rejected before anything is created if HEAD succeeds and a read is denied', async () => {
    const harness = await harnessWithOutage('SourceUnavailableError', 0);
    const denied = new TransferError('SourceAccessDeniedError', 'S3 denies s3:GetObjectVersion');
    const source = { ...harness.ports.source, confirmReadable: () => Promise.reject(denied) };
    harness.ports = { ...harness.ports, source };
    await expect(runTransfer(harness, event)).rejects.toBe(denied);
    expect(harness.doubles.calls.opened).toBe(0);
  });

  it('with an invalid option per source is named at the start of a function', () => {
    const list = [{ bucket: 'films', waitWhileDeniedSeconds: 5 }];
    const SOURCES = JSON.stringify({ list, readers: {} });
    expect(() => readSettings({ SOURCES })).toThrow(
      /^Invalid SOURCES\.list\.0\.waitWhileDeniedSeconds 5: /,
    );
  });

  it('with an invalid requestPayer is named at the start of a function', () => {
    const list = [{ bucket: 'films', requestPayer: 'requester' }];
    const SOURCES = JSON.stringify({ list, readers: {} });
    expect(() => readSettings({ SOURCES })).toThrow(
      /^Invalid SOURCES\.list\.0\.requestPayer "requester": /,
    );
  });
});

describe('Content-Encoding (aws-cli#7856)', () => {
  it.each(['gzip', 'GZIP', 'br', 'aws-chunked,gzip', 'deflate', 'zstd'])(
    'rejects %s by name',
    async (contentEncoding) => {
      const harness = await StepHarness.create();
      putFilm(harness.doubles, 9, { contentEncoding });
      await expect(harness.inspect()).rejects.toMatchObject({
        name: 'SourceContentEncodedError',
        message: expect.stringContaining(`Content-Encoding "${contentEncoding}"`),
      });
    },
  );

  it.each(['', 'aws-chunked', 'identity', 'AWS-Chunked, identity'])(
    'accepts %j',
    async (contentEncoding) => {
      const harness = await StepHarness.create();
      putFilm(harness.doubles, 9, { contentEncoding });
      await expect(harness.inspect()).resolves.toMatchObject({ next: 'open' });
    },
  );
});

it('identifies the version null by its ETag, because it can be overwritten', () => {
  const identityOf = (etag: string, versionId?: string) =>
    objectIdOf('d', { ...film, etag, versionId, sizeBytes: 9 });
  expect(identityOf('a', 'null')).toBe(identityOf('a'));
  expect(identityOf('b', 'null')).not.toBe(identityOf('a', 'null'));
  expect(identityOf('b', 'v1')).toBe(identityOf('a', 'v1'));
});
