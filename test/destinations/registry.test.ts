import { describe, expect, it } from 'vitest';
import type { MediaType } from '#src/core/source/media-types.ts';
import { definitionOf, destinations } from '#src/destinations/registry.ts';
import { createTwelveLabs } from '#src/destinations/twelvelabs/destination.ts';
import { maxProofsPerReport, maxUrlsPerCall } from '#src/destinations/twelvelabs/limits.ts';
import { environmentOf, readSettings, settingsInEnvironment } from '#src/service-api/settings.ts';
import { fixedKey, scriptTwelveLabs, session, silentLog } from './twelvelabs/scripted.ts';

const resources = {
  transport: { send: () => Promise.reject(new Error('unused')) },
  apiKey: fixedKey('k'),
  clock: scriptTwelveLabs(() => ({})).clock,
  log: silentLog,
};

const kinds = destinations.map(({ kind }) => JSON.stringify(kind)).join(', ');

const options = { ...resources, baseUrl: 'https://api.example.test/v1.3' };

/** Settings with which each destination works: its own example, or none. */
const environments = Object.fromEntries(
  destinations.map((one) => [one.kind, environmentOf(one, { ...one.example })]),
);

describe('the registry', () => {
  it.each(destinations.map((one) => [one.kind, one] as const))(
    'creates %s from its environment',
    (kind, definition) => {
      const settings = readSettings(definition, environments[kind] ?? {});
      expect(definition.create(settings, resources).identity).toContain(kind);
    },
  );

  it.each(['youtube', 'toString', ''])('rejects %j and names the known destinations', (name) => {
    expect(() => definitionOf(name, 'DESTINATION')).toThrow(
      expect.objectContaining({
        name: 'ConfigurationError',
        message: `Invalid DESTINATION ${JSON.stringify(name)}: must be one of ${kinds}.`,
      }),
    );
  });

  it.each(destinations.map((one) => [one.kind, one] as const))(
    '%s needs of the stack what its traits need',
    (kind, definition) => {
      const settings = readSettings(definition, environments[kind] ?? {});
      const { wholeDigest } = definition.create(settings, resources).traits;
      expect(definition.needs?.wholeDigest ?? 'none').toBe(wholeDigest);
    },
  );

  it('lists no variable twice: two destinations may be set in one shell', () => {
    const all = destinations.flatMap(({ secret, fields }) => [
      secret.variable,
      ...Object.values(fields).map(({ variable }) => variable),
    ]);
    expect(new Set(all).size).toBe(all.length);
  });

  it.each(destinations.map((one) => [one.kind, one] as const))(
    '%s has a variable for each setting, which reads what it writes',
    (kind, definition) => {
      const written = settingsInEnvironment(definition, environments[kind] ?? {});
      expect(environmentOf(definition, written)).toEqual(environments[kind] ?? {});
    },
  );

  it('reads the sizes of TwelveLabs from the variables that it writes', () => {
    const sizes = { TWELVELABS_MAX_MEDIA_BYTES: '1000', TWELVELABS_MAX_IMAGE_BYTES: '1000' };
    const written = settingsInEnvironment(definitionOf('twelvelabs', 'DESTINATION'), sizes);
    expect(environmentOf(definitionOf('twelvelabs', 'DESTINATION'), written)).toEqual(sizes);
  });
});

describe('the TwelveLabs destination', () => {
  const GiB = 1024 ** 3;

  it.each<[MediaType, number]>([
    ['video', 10 * GiB],
    ['audio', 10 * GiB],
    ['image', GiB / 32],
  ])('accepts %s of %i bytes', (mediaType, maxBytes) => {
    const accepted = createTwelveLabs(options).accept({ key: 'reels/0001', mediaType });
    expect(accepted).toEqual({ kind: mediaType, maxBytes, maxFilenameLength: 255 });
  });

  it('uses a configured size instead of the documented one', () => {
    const destination = createTwelveLabs({ ...options, limits: { video: 7 } });
    const maxBytesOf = (key: string) => destination.accept({ key }).maxBytes;
    expect([maxBytesOf('film.mp4'), maxBytesOf('still.png')]).toEqual([7, GiB / 32]);
  });

  it('has the traits of its API', () => {
    expect(createTwelveLabs(options).traits).toEqual({
      sessionCreatedBy: 'open',
      order: 'any',
      maxInFlight: 64,
      chunksPerPage: 50,
      maxProofsPerReport: 50,
      finish: 'on-last-report',
      wholeDigest: 'none',
      chunkStates: true,
    });
  });

  it('covers a page of URLs of the engine with one call', () => {
    const { chunksPerPage } = createTwelveLabs(options).traits;
    expect([chunksPerPage, maxProofsPerReport]).toEqual([maxUrlsPerCall, 50]);
  });

  it('needs no call to finish', async () => {
    const { twelveLabs, sent, call } = scriptTwelveLabs(() => ({}));
    expect(await twelveLabs.finish(session, [], undefined, call)).toBe(session);
    expect(sent).toEqual([]);
  });
});
