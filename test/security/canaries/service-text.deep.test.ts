import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWireHarness, type WireHarness } from '../../harness/wire-harness.ts';
import { canaries, canariesIn } from './canaries.ts';
import { captureOutput } from './captured-output.ts';

const secrets = [
  ['the API key', canaries.apiKey],
  ['the API key, quoted for HTML', canaries.apiKey.replaceAll('&', '&amp;')],
  ['the API key, quoted for a URL', encodeURIComponent(canaries.apiKey)],
  ['a URL', `https://u.example/x/${canaries.planted}?X-Amz-Signature=${canaries.planted}`],
] as const;

let harness: WireHarness;
// The rows of one test must not contain the service text of another.
beforeEach(async () => {
  harness = await openWireHarness({ table: 'dynamodb' });
});
afterEach(() => harness.close());

describe('a secret in a text of the service is not repeated', () => {
  it.each(secrets)('in the reason of a failed asset: %s', async (_, secret) => {
    harness.service.switches.assetFailure = `unreadable: ${secret}`;
    const output = await captureOutput(harness, [harness.put(3)], []);
    expect(output).toContain('unreadable');
    expect(canariesIn(output)).toEqual([]);
  });

  it.each(secrets)('in the HTML page of a rejected call: %s', async (_, secret) => {
    const body = `<html>no such key: ${secret}</html>`;
    const rejection = { on: 'create', kind: 'status', status: 401, body, times: 2 } as const;
    const output = await captureOutput(harness, [harness.put(3)], [rejection]);
    expect(output).toContain('CredentialsRejectedError');
    expect(canariesIn(output)).toEqual([]);
  });

  it.each(secrets)('in the JSON of a rejected call: %s', async (_, secret) => {
    const body = { code: 'parameter_invalid', message: `no such key: ${secret}` };
    const rejection = { on: 'create', kind: 'status', status: 400, body } as const;
    const output = await captureOutput(harness, [harness.put(3)], [rejection]);
    expect(output).toContain('RequestRejectedError');
    expect(canariesIn(output)).toEqual([]);
  });

  it.each(secrets)('in the reason of a failed chunk: %s', async (_, secret) => {
    const failure = {
      on: 'report',
      chunk: 2,
      kind: 'fail-chunk',
      error: `lost: ${secret}`,
    } as const;
    const output = await captureOutput(harness, [harness.put(3)], [failure]);
    expect(canariesIn(output)).toEqual([]);
  });
});
