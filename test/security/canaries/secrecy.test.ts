import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '#local/simulators/twelvelabs/faults/faults.ts';
import { inputOf, openWireHarness, type WireHarness } from '../../harness/wire-harness.ts';
import { canaries, canariesIn } from './canaries.ts';
import { captureOutput } from './captured-output.ts';

let harness: WireHarness;
beforeAll(async () => {
  harness = await openWireHarness({ table: 'dynamodb' });
});
beforeEach(() => harness.reset());
afterAll(() => harness.close());

/** Collects the URLs of every presign reply. */
function collectUrls(urls: string[]): Fault {
  const alter = (body: Record<string, unknown>) => {
    for (const { url } of body.upload_urls as { url: string }[]) urls.push(url);
    return body;
  };
  return { on: 'presign', kind: 'altered-reply', alter, times: 100 };
}

describe('no log line, state, row, event or error', () => {
  it('contains any part of a presigned URL', async () => {
    const urls: string[] = [];
    const output = await captureOutput(
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
    expect(canariesIn(output)).toEqual([]);
    expect(output).not.toMatch(/X-Amz-/i);
    expect(output).not.toContain(harness.service.uploadOrigin);
    for (const url of urls) {
      expect(canariesIn(url).length).toBeGreaterThan(3);
      const { pathname, searchParams } = new URL(url);
      expect(output).not.toContain(pathname);
      expect(output).not.toContain(searchParams.get('X-Amz-Signature'));
      expect(output).not.toContain(searchParams.get('X-Amz-Security-Token'));
      expect(output).not.toContain(searchParams.get('X-Amz-Credential'));
    }
  });

  it('repeats a URL in an error of the storage or the service', async () => {
    const url = `https://bucket.example/uploads/x?X-Amz-Signature=${canaries.planted}&X-Amz-Credential=${canaries.planted}`;
    const xml = `<Error><Code>SignatureDoesNotMatch</Code><Message>${url}</Message><StringToSign>${url}</StringToSign></Error>`;
    const output = await captureOutput(
      harness,
      [harness.put(3), harness.put(3), harness.put(3)],
      [
        { on: 'put', kind: 'status', status: 403, body: xml },
        { on: 'report', kind: 'status', status: 500, body: { code: 'broken', message: url } },
        { on: 'status', kind: 'status', status: 502, body: `<html><body>${url}</body></html>` },
        { on: 'put', nth: 6, kind: 'status', status: 400, body: xml },
      ],
    );
    expect(output).toContain('bucket.example');
    expect(canariesIn(output)).toEqual([]);
  });

  it('contains the API key although the service repeats it in every error', async () => {
    const body = { code: 'broken', message: `the key ${canaries.apiKey} is one I know` };
    const errors = (['create', 'presign', 'report', 'status', 'asset'] as const).map(
      (on) => ({ on, kind: 'status', status: 500, body }) as const,
    );
    const rejection = {
      on: 'create',
      kind: 'status',
      status: 401,
      body,
      nth: 3,
      times: 2,
    } as const;
    const output = await captureOutput(
      harness,
      [harness.put(3), harness.put(3)],
      [...errors, rejection],
    );
    expect(output).toContain('CredentialsRejectedError');
    expect(canariesIn(output)).toEqual([]);
  });
});

describe('the API key', () => {
  it('is sent with every API call and never to the upload host', async () => {
    await harness.run(inputOf(harness.put(6)));
    const calls = harness.service.calls.all();
    const bearers = new Set(calls.filter(({ hasApiKey }) => hasApiKey));
    expect(calls.every((call) => bearers.has(call) === (call.operation !== 'put'))).toBe(true);
    expect(bearers.size).toBeGreaterThan(4);
  });
});
