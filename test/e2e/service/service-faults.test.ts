import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  expectReady,
  inputOf,
  openWireHarness,
  type WireHarness,
} from '../../harness/wire-harness.ts';

let harness: WireHarness;

beforeAll(async () => {
  harness = await openWireHarness();
});
beforeEach(() => {
  harness.reset();
  Object.assign(harness.service.switches, {
    etag: 'md5',
    wrongEtagChunks: [],
    assetFailure: undefined,
    assetReadyAfterMs: 0,
    completedAfterMs: 0,
  });
});
afterAll(() => harness.close());

describe('an upload session', () => {
  it('whose create failed after it took effect is not adopted', async () => {
    const film = harness.put(2);
    harness.service.faults.add({ on: 'create', kind: 'status', status: 502, afterEffect: true });
    const output = await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(output.retries).toEqual({ CreateReplyLostError: 1 });
  });

  it.each([
    ['expires', 'expireSession'],
    ['is forgotten', 'dropSession'],
    ['fails', 'failSession'],
  ] as const)(
    'that %s during the transfer is replaced, and all chunks are sent again',
    async (_what, end) => {
      const film = harness.put(6);
      harness.service.faults.add({
        on: 'put',
        nth: 4,
        kind: 'callback',
        act: ({ uploadId }) => harness.service[end](String(uploadId)),
      });
      const output = await expectReady(harness, film, await harness.run(inputOf(film)));
      expect(harness.service.calls.count('create')).toBe(2);
      expect(output.retries).toMatchObject({ SessionExpiredError: 1 });
    },
  );

  it('that always expires ends the execution by name', async () => {
    const film = harness.put(2);
    harness.service.faults.add({
      on: 'put',
      times: 100,
      kind: 'callback',
      act: ({ uploadId }) => harness.service.expireSession(String(uploadId)),
    });
    const result = await harness.run(inputOf(film));
    expect(result).toMatchObject({ status: 'FAILED', error: 'SessionsExhaustedError' });
    expect(harness.service.calls.count('create')).toBe(4);
  });
});

describe('a chunk', () => {
  it('that the service marks as failed is sent again', async () => {
    const film = harness.put(5);
    harness.service.faults.add({
      on: 'report',
      chunk: 2,
      kind: 'fail-chunk',
      error: 'checksum mismatch',
    });
    const output = await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.service.calls.count('put')).toBeGreaterThanOrEqual(6);
    expect(output.retries).toHaveProperty('ChunkResent');
  });

  it('that a report missed is reported again, not sent again', async () => {
    const film = harness.put(5);
    harness.service.faults.add({ on: 'report', chunk: 2, kind: 'drop-report' });
    const output = await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.service.calls.count('put')).toBe(5);
    expect(output.retries).toHaveProperty('ChunkReportedAgain');
  });

  it('that stays pending after its reports is sent again', async () => {
    const film = harness.put(3);
    harness.service.faults.add({ on: 'report', times: 4, kind: 'drop-report' });
    const output = await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(output.retries).toHaveProperty('ChunkResent');
  });
});

describe('an ETag', () => {
  it.each(['kms', 'opaque'] as const)(
    'of kind %s is not an MD5: each chunk is sent once, and the output says so',
    async (etag) => {
      const film = harness.put(5);
      harness.service.switches.etag = etag;
      const output = await expectReady(harness, film, await harness.run(inputOf(film)));
      expect(harness.service.calls.count('put')).toBe(5);
      expect(output).toMatchObject({ retries: {}, etags: 'opaque' });
    },
  );

  it('that is never the MD5 counts as opaque after three chunks mismatched twice', async () => {
    const film = harness.put(5);
    harness.service.switches.etag = 'kms-silent';
    const output = await expectReady(harness, film, await harness.run(inputOf(film)));
    const session = (await harness.rows()).find(
      (row) => row.transferId === output.transferId && row.row === 'session#0001',
    );
    expect(session).toMatchObject({ etagMode: 'opaque' });
    expect(output).toHaveProperty('etags', 'opaque');
  });
});

describe('an asset', () => {
  it('is awaited until it is ready', async () => {
    const film = harness.put(2);
    harness.service.switches.assetReadyAfterMs = 60_000;
    const result = await harness.run(inputOf(film));
    const output = await expectReady(harness, film, result);
    expect(Number(output.secondsToReady)).toBeGreaterThanOrEqual(60);
    expect(result.entered.AwaitAsset).toBeGreaterThan(3);
  });

  it('that fails ends the execution with the text of the service and the next step', async () => {
    const film = harness.put(2);
    harness.service.switches.assetFailure = 'The video resolution is too low.';
    const result = await harness.run(inputOf(film));
    expect(result).toMatchObject({ status: 'FAILED', error: 'AssetFailedError' });
    expect(result.cause).toContain('The video resolution is too low.');
    expect(result.cause?.split('\n')).toHaveLength(1);
    expect(harness.events(film.key)).toMatchObject([
      { type: 'Transfer Failed', detail: { error: 'AssetFailedError' } },
    ]);
  });

  it('of a session that completes late is awaited', async () => {
    const film = harness.put(2);
    harness.service.switches.completedAfterMs = 20_000;
    const result = await harness.run(inputOf(film));
    await expectReady(harness, film, result);
    expect(result.entered.ConfirmUpload).toBeGreaterThan(1);
  });
});

describe('an error of the service', () => {
  it.each([
    ['a bad API key', { status: 401, code: 'api_key_invalid' }, 'CredentialsRejectedError'],
    [
      'an account without multipart uploads',
      { status: 403, code: 'api_not_allowed' },
      'ApiNotAllowedError',
    ],
    ['a rejected request', { status: 400, code: 'parameter_invalid' }, 'RequestRejectedError'],
  ] as const)(
    'for %s ends the execution by name, with nothing created',
    async (_what, reply, error) => {
      const film = harness.put(2);
      const before = harness.service.sessions().length;
      harness.service.faults.add({ on: 'create', times: 2, kind: 'status', ...reply });
      const result = await harness.run(inputOf(film));
      expect(result).toMatchObject({ status: 'FAILED', error });
      expect(harness.service.sessions()).toHaveLength(before);
      expect(harness.events(film.key)).toMatchObject([
        { type: 'Transfer Failed', detail: { error } },
      ]);
      const row = (await harness.rows()).find(
        ({ row, source }) => row === 'transfer' && (source as { key: string }).key === film.key,
      );
      expect(row).toMatchObject({ state: 'failed', outcomePublished: true });
    },
  );
});
