import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWireHarness, type WireHarness } from '../../harness/wire-harness.ts';
import { canaries, canariesIn } from './canaries.ts';
import { everythingTold } from './captured-output.ts';

const secrets = [
  ['the API key', canaries.apiKey],
  ['the API key, quoted for HTML', canaries.apiKey.replaceAll('&', '&amp;')],
  ['the API key, quoted for a URL', encodeURIComponent(canaries.apiKey)],
  ['a URL', `https://u.example/x/${canaries.planted}?X-Amz-Signature=${canaries.planted}`],
] as const;

let harness: WireHarness;
// What one test's service tells must not be in the rows of the next.
beforeEach(async () => {
  harness = await openWireHarness();
});
afterEach(() => harness.close());

describe('a secret that the service tells is not repeated', () => {
  it.each(secrets)('where it says why an asset failed: %s', async (_, secret) => {
    harness.service.switches.assetFailure = `unreadable: ${secret}`;
    const told = await everythingTold(harness, [harness.put(3)], []);
    expect(told).toContain('unreadable');
    expect(canariesIn(told)).toEqual([]);
  });

  it.each(secrets)('where a page says why a call is refused: %s', async (_, secret) => {
    const body = `<html>no such key: ${secret}</html>`;
    const refusal = { on: 'create', kind: 'status', status: 401, body, times: 2 } as const;
    const told = await everythingTold(harness, [harness.put(3)], [refusal]);
    expect(told).toContain('CredentialsRejectedError');
    expect(canariesIn(told)).toEqual([]);
  });

  it.each(secrets)('where JSON says why a call is refused: %s', async (_, secret) => {
    const body = { code: 'parameter_invalid', message: `no such key: ${secret}` };
    const refusal = { on: 'create', kind: 'status', status: 400, body } as const;
    const told = await everythingTold(harness, [harness.put(3)], [refusal]);
    expect(told).toContain('RequestRejectedError');
    expect(canariesIn(told)).toEqual([]);
  });

  it.each(secrets)('where it says why a chunk failed: %s', async (_, secret) => {
    const failure = {
      on: 'report',
      chunk: 2,
      kind: 'fail-chunk',
      error: `lost: ${secret}`,
    } as const;
    const told = await everythingTold(harness, [harness.put(3)], [failure]);
    expect(canariesIn(told)).toEqual([]);
  });
});
