import { describe, expect, it } from 'vitest';
import { chunksPerUrlPage } from '#src/core/limits/limits.ts';
import type { MediaType } from '#src/core/source/source-object.ts';
import { createDestination, destinationNames } from '#src/destinations/registry.ts';
import { maxProofsPerReport, maxUrlsPerCall } from '#src/destinations/twelvelabs/limits.ts';
import { fixedKey, scriptTwelveLabs, session, silentLog } from './twelvelabs/scripted.ts';

const options = {
  transport: { send: () => Promise.reject(new Error('unused')) },
  apiKey: fixedKey('k'),
  baseUrl: 'https://api.example.test/v1.3',
  clock: scriptTwelveLabs(() => ({})).clock,
  log: silentLog,
};

describe('the registry', () => {
  it.each(destinationNames)('creates %s', (name) => {
    expect(createDestination(name, options).identity).toContain(name);
  });

  it.each(['youtube', 'toString', ''])('rejects %j and names the known destinations', (name) => {
    expect(() => createDestination(name, options)).toThrow(
      expect.objectContaining({
        name: 'ConfigurationError',
        message: `Unknown destination ${JSON.stringify(name)}: must be one of twelvelabs.`,
      }),
    );
  });
});

describe('the TwelveLabs destination', () => {
  const GiB = 1024 ** 3;

  it.each<[MediaType, number]>([
    ['video', 10 * GiB],
    ['audio', 10 * GiB],
    ['image', GiB / 32],
  ])('accepts %s of %i bytes', (mediaType, maxBytes) => {
    const limits = createDestination('twelvelabs', options).limits(mediaType);
    expect(limits).toEqual({ maxBytes, maxFilenameLength: 255 });
  });

  it('uses a configured size instead of the documented one', () => {
    const destination = createDestination('twelvelabs', { ...options, limits: { video: 7 } });
    expect([destination.limits('video').maxBytes, destination.limits('image').maxBytes]).toEqual([
      7,
      GiB / 32,
    ]);
  });

  it('has the traits of its API', () => {
    expect(createDestination('twelvelabs', options).traits).toEqual({
      sessionCreatedBy: 'open',
      order: 'any',
      maxInFlight: 64,
      maxProofsPerReport: 50,
      finish: 'on-last-report',
      wholeDigest: 'none',
      chunkStates: true,
    });
  });

  it('covers a page of URLs of the engine with one call', () => {
    expect([maxUrlsPerCall, maxProofsPerReport]).toEqual([chunksPerUrlPage, 50]);
  });

  it('needs no call to finish', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(() => ({}));
    expect(await twelveLabs.finish(session, [], undefined, call)).toBe(session);
    expect(sent).toEqual([]);
  });
});
