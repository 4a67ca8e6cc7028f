import { describe, expect, it } from 'vitest';
import { readSettings } from '#src/config/environment.ts';
import { type ErrorName, TransferError } from '#src/core/errors/errors.ts';
import type { SourceReader } from '#src/core/source/source-reader.ts';
import type { Source } from '#src/core/source/sources.ts';
import { inspectSource } from '#src/steps/inspect-source/inspect-source.ts';
import { objectId } from '#src/transfer/transfer-ids.ts';
import { film, putFilm } from '../../harness/port-harness.ts';
import { invocationOf } from '../../harness/invocation.ts';
import { json, StepHarness } from '../../harness/step-harness.ts';

const minute = 60;

/** S3's event about the film, with much that is of no use here. */
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

/** A harness whose S3 refuses everything with an error for so many seconds. */
async function stageRefusing(name: ErrorName, seconds: number, source: Partial<Source> = {}) {
  const sources = { list: [{ bucket: film.bucket, ...source }], readers: {} };
  const harness = await StepHarness.set({}, { sources });
  putFilm(harness.doubles, 9);
  const until = harness.doubles.clock.now() + seconds * 1_000;
  const { source: reader } = harness.ports;
  const refuse = () => {
    if (harness.doubles.clock.now() < until) throw new TransferError(name, 'S3 said no');
  };
  const refusing: SourceReader = {
    inspect: async ({ versionId: _, ...reference }) => {
      refuse();
      return reader.inspect({ bucket: reference.bucket, key: reference.key });
    },
    confirmReadable: (object, signal) => reader.confirmReadable(object, signal),
    read: (...given) => reader.read(...given),
  };
  harness.ports = { ...harness.ports, source: refusing };
  return harness;
}

/** Calls the step as the state machine does, until it no longer waits; the seconds waited with it. */
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
    harness.pause(answer);
    state = answer;
  }
}

describe('InspectSource', () => {
  it.each([
    ['B4: a storm of 90 seconds (rclone#3456)', 90],
    ['an outage of five hours', 5 * 60 * minute],
  ])('sits out %s, so that no event is spent', async (_, seconds) => {
    const harness = await stageRefusing('SourceUnavailableError', seconds);
    const { answer, seconds: waited } = await runTransfer(harness, event);
    expect(answer).toMatchObject({ next: 'open', source: { bucket: film.bucket, key: film.key } });
    expect(waited).toBeGreaterThanOrEqual(seconds);
  });

  it('ends after six hours with the error that it waited for', async () => {
    const harness = await stageRefusing('SourceUnavailableError', 24 * 60 * minute);
    await expect(runTransfer(harness, event)).rejects.toMatchObject({
      name: 'SourceUnavailableError',
      message: expect.stringMatching(/^S3 said no \(for 36\d minutes\)$/),
    });
  });

  it('keeps the essential fields of an event, and no others, while it waits', async () => {
    const harness = await stageRefusing('SourceUnavailableError', minute);
    const invocation = invocationOf(harness.doubles);
    const answer = json(await inspectSource(harness.ports, event, invocation));
    invocation.close();
    expect(answer).toMatchObject({
      next: 'wait',
      input: { detail: { object: { key: film.key, size: 9, 'version-id': 'v1' } } },
    });
    expect(JSON.stringify(answer).length).toBeLessThan(1_000);
  });

  it('keeps the options of a start by hand while it waits', async () => {
    const harness = await stageRefusing('SourceUnavailableError', 5 * minute);
    const options = { filename: 'a.mp4', force: true };
    expect((await runTransfer(harness, { ...film, ...options })).answer).toMatchObject({ options });
  });

  it('asks S3 nothing before the wait is over', async () => {
    const harness = await stageRefusing('SourceUnavailableError', minute);
    const invocation = invocationOf(harness.doubles);
    const waiting = json(await inspectSource(harness.ports, event, invocation));
    const asks = harness.doubles.clock.now();
    const again = json(await inspectSource(harness.ports, waiting, invocation));
    invocation.close();
    expect(again).toMatchObject({ next: 'wait' });
    expect(harness.doubles.clock.now()).toBe(asks);
  });

  it('shows the wait in the log', async () => {
    const harness = await stageRefusing('SourceUnavailableError', 2 * minute);
    await runTransfer(harness, event);
    const waits = harness.doubles.logged.filter(({ message }) => message === 'waiting');
    expect(waits[0]?.fields).toMatchObject({ step: 'InspectSource', reason: 'S3 said no' });
  });
});

describe('an object of which a HEAD tells and which no GET finds', () => {
  const superseded = () => Promise.reject(new TransferError('SourceSupersededError', 'is gone'));

  it('ends by name within minutes where HEAD tells of the same content each time', async () => {
    const harness = await stageRefusing('SourceUnavailableError', 0);
    const source = { ...harness.ports.source, confirmReadable: superseded };
    harness.ports = { ...harness.ports, source };
    const startedAt = harness.doubles.clock.now();
    await expect(runTransfer(harness, event)).rejects.toMatchObject({
      name: 'SourceProtocolError',
      message: expect.stringMatching(/HEAD finds the object but GET does not: is gone/),
    });
    expect(harness.doubles.clock.now() - startedAt).toBeLessThan(10 * minute * 1_000);
  });

  it('is waited for where it is another content each time', async () => {
    const harness = await stageRefusing('SourceUnavailableError', 0);
    const { source: reader } = harness.ports;
    const until = harness.doubles.clock.now() + 30 * minute * 1_000;
    let writes = 0;
    const source: SourceReader = {
      ...reader,
      inspect: async (...given) => ({ ...(await reader.inspect(...given)), etag: `${++writes}` }),
      confirmReadable: () => (harness.doubles.clock.now() < until ? superseded() : Promise.resolve()),
    };
    harness.ports = { ...harness.ports, source };
    expect((await runTransfer(harness, event)).answer).toMatchObject({ next: 'open' });
  });
});

describe('a denied object', () => {
  it('is waited for as long as its source says (aws-s3-virusscan#17)', async () => {
    const harness = await stageRefusing('SourceDeniedForNowError', 3 * minute, {
      waitWhileDeniedSeconds: 10 * minute,
    });
    const { answer } = await runTransfer(harness, event);
    expect(answer).toMatchObject({ next: 'open', source: { waitWhileDeniedSeconds: 600 } });
  });

  it('and a storm after hours of it spend no event', async () => {
    const harness = await stageRefusing('SourceDeniedForNowError', 7 * 60 * minute, {
      waitWhileDeniedSeconds: 24 * 60 * minute,
    });
    const refusing = harness.ports.source;
    let storms = 0;
    const inspect: SourceReader['inspect'] = async (...given) =>
      refusing.inspect(...given).catch((error) => {
        const isLate = harness.doubles.clock.now() % (3 * 3600_000) > 2 * 3600_000;
        if (isLate && storms++ < 12) throw new TransferError('SourceUnavailableError', '503');
        throw error;
      });
    harness.ports = { ...harness.ports, source: { ...refusing, inspect } };
    expect((await runTransfer(harness, event)).answer).toMatchObject({ next: 'open' });
    expect(storms).toBeGreaterThan(0);
  });

  it('ends by its final name, and how long it was waited for, once that time is over', async () => {
    const harness = await stageRefusing('SourceDeniedForNowError', 60 * minute, {
      waitWhileDeniedSeconds: 10 * minute,
    });
    await expect(runTransfer(harness, event)).rejects.toMatchObject({
      name: 'SourceAccessDeniedError',
      message: expect.stringMatching(/^S3 said no \(for 1\d minutes\)$/),
    });
  });

  it('is refused before anything is created where HEAD passes and a read does not', async () => {
    const harness = await stageRefusing('SourceUnavailableError', 0);
    const denied = new TransferError('SourceAccessDeniedError', 'S3 denies s3:GetObjectVersion');
    const source = { ...harness.ports.source, confirmReadable: () => Promise.reject(denied) };
    harness.ports = { ...harness.ports, source };
    await expect(runTransfer(harness, event)).rejects.toBe(denied);
    expect(harness.doubles.asked.opened).toBe(0);
  });

  it('names the option per source where its value is wrong, at the start of a function', () => {
    const list = [{ bucket: 'films', waitWhileDeniedSeconds: 5 }];
    const SOURCES = JSON.stringify({ list, readers: {} });
    expect(() => readSettings({ SOURCES })).toThrow(
      /^Invalid SOURCES\.list\.0\.waitWhileDeniedSeconds 5: /,
    );
  });

  it('names the payer where it is no truth, at the start of a function', () => {
    const list = [{ bucket: 'films', requestPayer: 'requester' }];
    const SOURCES = JSON.stringify({ list, readers: {} });
    expect(() => readSettings({ SOURCES })).toThrow(
      /^Invalid SOURCES\.list\.0\.requestPayer "requester": /,
    );
  });
});

describe('Content-Encoding (aws-cli#7856)', () => {
  it.each(['gzip', 'GZIP', 'br', 'aws-chunked,gzip', 'deflate', 'zstd'])(
    '%s is refused by name',
    async (contentEncoding) => {
      const harness = await StepHarness.set();
      putFilm(harness.doubles, 9, { contentEncoding });
      await expect(harness.inspect()).rejects.toMatchObject({
        name: 'SourceContentEncodedError',
        message: expect.stringContaining(`Content-Encoding "${contentEncoding}"`),
      });
    },
  );

  it.each(['', 'aws-chunked', 'identity', 'AWS-Chunked, identity'])(
    '%j passes',
    async (contentEncoding) => {
      const harness = await StepHarness.set();
      putFilm(harness.doubles, 9, { contentEncoding });
      await expect(harness.inspect()).resolves.toMatchObject({ next: 'open' });
    },
  );
});

it('gives the version null an identity by its ETag, as it can be overwritten', () => {
  const identityOf = (etag: string, versionId?: string) =>
    objectId('d', { ...film, etag, versionId, sizeBytes: 9 });
  expect(identityOf('a', 'null')).toBe(identityOf('a'));
  expect(identityOf('b', 'null')).not.toBe(identityOf('a', 'null'));
  expect(identityOf('b', 'v1')).toBe(identityOf('a', 'v1'));
});
