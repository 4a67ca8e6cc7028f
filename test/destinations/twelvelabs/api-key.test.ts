import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { ApiKeySource } from '#src/core/ports/api-key.ts';
import { createTwelveLabs } from '#src/destinations/twelvelabs/destination.ts';
import { failureOf, request, type Script, scriptTwelveLabs, session } from './scripted.ts';

/** A rotated key: `get` returns the first key until `refresh` is called. */
function rotatedKey(first: string, second: string): ApiKeySource & { refreshes: number } {
  const source = {
    refreshes: 0,
    get: async () => (source.refreshes > 0 ? second : first),
    refresh: async () => {
      source.refreshes++;
      return second;
    },
  };
  return source;
}

const status = { status: 'active', chunks_completed: 1 };
const rejecting =
  (badKey: string): Script =>
  ({ headers }) =>
    headers['x-api-key'] === badKey
      ? { status: 401, json: { code: 'api_key_invalid', message: `bad key ${badKey}` } }
      : { json: status };

describe('the API key', () => {
  it('is refreshed once when the service rejects it, and the call is repeated once', async () => {
    const apiKey = rotatedKey('old', 'new');
    const { twelveLabs, sent, call } = scriptTwelveLabs(rejecting('old'), { apiKey });
    await twelveLabs.sessionStatus(session, call);
    expect([sent.map(({ headers }) => headers['x-api-key']), apiKey.refreshes]).toEqual([
      ['old', 'new'],
      1,
    ]);
  });

  it('ends the call if a refresh returns the same key', async () => {
    const apiKey = rotatedKey('CANARY', 'CANARY');
    const { twelveLabs, sent, call } = scriptTwelveLabs(rejecting('CANARY'), { apiKey });
    const error = await failureOf(twelveLabs.sessionStatus(session, call));
    expect([error.name, sent.length]).toEqual(['CredentialsRejectedError', 1]);
    expect(inspect(error, { depth: 10 })).not.toContain('CANARY');
  });

  it('gets no third attempt', async () => {
    const apiKey = rotatedKey('old', 'new');
    const { twelveLabs, sent, call } = scriptTwelveLabs(() => ({ status: 401 }), { apiKey });
    const error = await failureOf(twelveLabs.openSession(request, call));
    expect([error.name, sent.length]).toEqual(['CredentialsRejectedError', 2]);
  });

  it('is used without a refresh if another call has refreshed it', async () => {
    const apiKey = rotatedKey('old', 'new');
    const { twelveLabs, sent, call } = scriptTwelveLabs(rejecting('old'), { apiKey });
    await Promise.all([
      twelveLabs.sessionStatus(session, call),
      twelveLabs.sessionStatus(session, call),
    ]);
    expect([sent.length, apiKey.refreshes]).toEqual([4, 1]);
  });

  it('is rejected by its code if the status is not 401', async () => {
    const script: Script = () => ({ status: 403, json: { code: 'api_key_invalid', message: 'x' } });
    const { twelveLabs, call } = scriptTwelveLabs(script);
    const error = await failureOf(twelveLabs.sessionStatus(session, call));
    expect(error.name).toBe('CredentialsRejectedError');
  });

  it.each(['', 'CANARY\n', 'CANARY é'])(
    'of %j is rejected before a request is sent',
    async (key) => {
      const apiKey = rotatedKey(key, key);
      const { twelveLabs, sent, call } = scriptTwelveLabs(() => ({ json: status }), { apiKey });
      const error = await failureOf(twelveLabs.openSession(request, call));
      expect([error.name, sent.length]).toEqual(['CredentialsRejectedError', 0]);
      expect(error.message).not.toContain('CANARY');
    },
  );

  it("causes its source's error, not a lost reply", async () => {
    const fault = new Error('no secret');
    const apiKey = { get: () => Promise.reject(fault), refresh: () => Promise.reject(fault) };
    const { twelveLabs, call } = scriptTwelveLabs(() => ({ json: status }), { apiKey });
    await expect(twelveLabs.openSession(request, call)).rejects.toBe(fault);
  });
});

describe('the base URL', () => {
  const { twelveLabs: _, ...ports } = scriptTwelveLabs(() => ({}));
  const create = (baseUrl: string) =>
    createTwelveLabs({
      transport: { send: () => Promise.reject(new Error('unused')) },
      apiKey: rotatedKey('k', 'k'),
      clock: ports.clock,
      log: { info: () => {}, warn: () => {}, error: () => {} },
      baseUrl,
    });

  it('is the identity, without trailing slashes', () => {
    expect(create('https://api.example.test/v1.3//').identity).toBe(
      'twelvelabs https://api.example.test/v1.3',
    );
  });

  it.each(['http://localhost:8080/v1.3', 'http://127.0.0.1/v1.3', 'http://[::1]:1/v1.3'])(
    'needs no TLS on this machine: %s',
    (baseUrl) => {
      expect(create(baseUrl).identity).toBe(`twelvelabs ${baseUrl}`);
    },
  );

  it.each([
    '',
    'api.example.test/v1.3',
    'ftp://h/v1',
    'http://api.example.test/v1.3',
    'http://192.0.2.2/v1.3',
    'http://127.0.0.1.example.test/v1.3',
    'https://u:CANARY@h/',
    'https://h/?key=CANARY',
  ])('is rejected if it is %j', (baseUrl) => {
    expect(() => create(baseUrl)).toThrow(
      expect.objectContaining({
        name: 'ConfigurationError',
        message: expect.not.stringContaining('CANARY'),
      }),
    );
  });
});
