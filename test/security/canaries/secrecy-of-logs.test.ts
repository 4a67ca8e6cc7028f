import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '#local/simulators/twelvelabs/faults/faults.ts';
import { inputOf, openWireHarness, type WireHarness } from '../../harness/wire-harness.ts';
import { canaries, canariesIn } from './canaries.ts';
import { everythingTold } from './captured-output.ts';

let harness: WireHarness;
beforeAll(async () => {
  harness = await openWireHarness();
});
beforeEach(() => harness.reset());
afterAll(() => harness.close());

/** Adds the URLs of every reply to a list, on their way to the client. */
function collectUrls(urls: string[]): Fault {
  const alter = (body: Record<string, unknown>) => {
    for (const { url } of body.upload_urls as { url: string }[]) urls.push(url);
    return body;
  };
  return { on: 'presign', kind: 'altered-reply', alter, times: 100 };
}

describe('no log line, state, row, event or error', () => {
  it('holds any part of a presigned URL that was handed out', async () => {
    const urls: string[] = [];
    const told = await everythingTold(
      harness,
      [harness.put(6), harness.put(60)],
      [
        collectUrls(urls),
        { on: 'put', chunk: 1, kind: 'expired-url' },
        { on: 'put', chunk: 2, kind: 'used-url' },
        { on: 'put', chunk: 3, kind: 'reset-mid-body', afterBytes: 10 },
        { on: 'put', chunk: 4, kind: 'html' },
        { on: 'put', chunk: 5, kind: 'lost-reply' },
      ],
    );
    expect(urls.length).toBeGreaterThan(66);
    expect(canariesIn(told)).toEqual([]);
    for (const url of urls) {
      expect(canariesIn(url).length).toBeGreaterThan(3);
      const { pathname, searchParams } = new URL(url);
      expect(told).not.toContain(pathname);
      expect(told).not.toContain(searchParams.get('X-Amz-Signature'));
      expect(told).not.toContain(searchParams.get('X-Amz-Security-Token'));
      expect(told).not.toContain(searchParams.get('X-Amz-Credential'));
    }
  });

  it('repeats a URL that the storage or the service put into an error', async () => {
    const url = `https://bucket.example/uploads/x?X-Amz-Signature=${canaries.planted}&X-Amz-Credential=${canaries.planted}`;
    const xml = `<Error><Code>SignatureDoesNotMatch</Code><Message>${url}</Message><StringToSign>${url}</StringToSign></Error>`;
    const told = await everythingTold(
      harness,
      [harness.put(3), harness.put(3), harness.put(3)],
      [
        { on: 'put', kind: 'status', status: 403, body: xml },
        { on: 'report', kind: 'status', status: 500, body: { code: 'broken', message: url } },
        { on: 'status', kind: 'status', status: 502, body: `<html><body>${url}</body></html>` },
        { on: 'put', nth: 6, kind: 'status', status: 400, body: xml },
      ],
    );
    expect(told).toContain('bucket.example');
    expect(canariesIn(told)).toEqual([]);
  });

  it('holds the API key, though the service repeats it in every error', async () => {
    const body = { code: 'broken', message: `the key ${canaries.apiKey} is one I know` };
    const errors = (['create', 'presign', 'report', 'status', 'asset'] as const).map(
      (on) => ({ on, kind: 'status', status: 500, body }) as const,
    );
    const refusal = { on: 'create', kind: 'status', status: 401, body, nth: 3, times: 2 } as const;
    const told = await everythingTold(
      harness,
      [harness.put(3), harness.put(3)],
      [...errors, refusal],
    );
    expect(told).toContain('CredentialsRejectedError');
    expect(canariesIn(told)).toEqual([]);
  });
});

describe('the API key', () => {
  it('is sent to the API with every call and to the upload host with none', async () => {
    await harness.run(inputOf(harness.put(6)));
    const calls = harness.service.calls.all();
    const bearers = new Set(calls.filter(({ hasApiKey }) => hasApiKey));
    expect(calls.every((call) => bearers.has(call) === (call.operation !== 'put'))).toBe(true);
    expect(bearers.size).toBeGreaterThan(4);
  });
});
