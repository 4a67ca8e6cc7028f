import { describe, expect, it } from 'vitest';
import type { MediaType } from '#src/core/source/source-object.ts';
import { createDestination, destinationNames } from '#src/destinations/registry.ts';
import { fixedKey, scriptTwelveLabs, session, silentLog } from './twelvelabs/scripted.ts';

const options = {
  transport: { send: () => Promise.reject(new Error('unused')) },
  apiKey: fixedKey('k'),
  baseUrl: 'https://api.example.test/v1.3',
  clock: scriptTwelveLabs(() => ({})).clock,
  log: silentLog,
};

describe('the registry', () => {
  it.each(destinationNames)('makes %s', (name) => {
    expect(createDestination(name, options).identity).toContain(name);
  });

  it.each(['youtube', 'toString', ''])('refuses %j and names what there is', (name) => {
    expect(() => createDestination(name, options)).toThrow(
      expect.objectContaining({
        name: 'ConfigurationError',
        message: `no destination is called ${JSON.stringify(name)}; there is twelvelabs`,
      }),
    );
  });
});

describe('TwelveLabs says of itself', () => {
  const GiB = 1024 ** 3;

  it.each<[MediaType, number]>([
    ['video', 10 * GiB],
    ['audio', 10 * GiB],
    ['image', GiB / 32],
  ])('that it takes %s of %i bytes', (mediaType, maxBytes) => {
    const limits = createDestination('twelvelabs', options).limits(mediaType);
    expect(limits).toEqual({ maxBytes, maxFilenameLength: 255 });
  });

  it('what is configured in place of its documented size', () => {
    const destination = createDestination('twelvelabs', { ...options, limits: { video: 7 } });
    expect([destination.limits('video').maxBytes, destination.limits('image').maxBytes]).toEqual([
      7,
      GiB / 32,
    ]);
  });

  it('how it wants to be called', () => {
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

  it('that finishing needs no call', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(() => ({}));
    expect(await twelveLabs.finish(session, [], undefined, call)).toBe(session);
    expect(sent).toEqual([]);
  });
});
