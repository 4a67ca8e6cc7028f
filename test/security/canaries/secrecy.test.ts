import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  expectReady,
  inputOf,
  openWireHarness,
  type WireHarness,
} from '../../harness/wire-harness.ts';
import { canaries, canariesIn } from './canaries.ts';
import { textOf } from './search.ts';

const canary = canaries.keyLike;
let harness: WireHarness;

beforeAll(async () => {
  harness = await openWireHarness({ apiKey: canary });
});
afterAll(() => harness.close());

it('neither the API key nor a presigned URL is in a log line, a row, an event, a state or an error', async () => {
  const seen: unknown[] = [];
  const more = {
    onEvent: (event: unknown) => void seen.push(event),
    onInvocation: (call: unknown) => void seen.push(call),
  };
  const film = harness.put(60);
  harness.service.faults.add(
    { on: 'put', chunk: 2, kind: 'expired-url' },
    { on: 'put', chunk: 3, kind: 'reset' },
    { on: 'put', chunk: 4, kind: 'html' },
    { on: 'presign', kind: 'lost-reply' },
    {
      on: 'report',
      kind: 'status',
      status: 500,
      body: {
        code: 'internal',
        message: `key ${canary} at https://x.example/?X-Amz-Signature=abc`,
      },
    },
  );
  await expectReady(harness, film, await harness.run(inputOf(film), more));
  harness.service.faults.add({
    on: 'create',
    times: 2,
    kind: 'status',
    status: 401,
    body: { code: 'api_key_invalid', message: `no such key ${canary}` },
  });
  const refused = await harness.run(inputOf(harness.put(2)), more);
  expect(refused.error).toBe('CredentialsRejectedError');
  const { entries } = harness.emulators.eventBridge;
  const told = textOf([seen, harness.logLines, await harness.rows(), entries, refused]);
  expect(seen.length).toBeGreaterThan(50);
  expect(canariesIn(told)).toEqual([]);
  expect(told).not.toMatch(/X-Amz-/i);
  expect(told).not.toContain(harness.service.uploadOrigin);
});
