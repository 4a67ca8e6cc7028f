import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import type { AnyDefinition } from '#src/service-api/definition.ts';
import { readSettings } from '#src/service-api/settings.ts';
import { ManualClock } from '../harness/clock.ts';
import { tus } from './definition.ts';

const definition: AnyDefinition = tus;

describe('the definition of a tus server', () => {
  it('makes the destination from environment variables', () => {
    const env = { TUS_BASE_URL: 'https://tus.example.com/files/', TUS_MAX_BYTES: '1000' };
    const destination = definition.create(readSettings(definition, env), {
      transport: { send: () => Promise.reject(new Error('nothing is sent')) },
      apiKey: { get: async () => 'none', refresh: async () => 'none' },
      clock: new ManualClock(),
      log: { info: () => {}, warn: () => {}, error: () => {} },
    });
    expect(destination.identity).toBe('tus-server https://tus.example.com/files');
    expect(destination.accept({ key: 'film.mp4' })).toMatchObject({ maxBytes: 1000 });
  });

  it('names the variable of an invalid setting', () => {
    const env = { TUS_BASE_URL: 'https://tus.example.com/files', TUS_MAX_BYTES: '0' };
    expect(() => readSettings(definition, env)).toThrow(
      'Invalid TUS_MAX_BYTES 0: must be at least 1.',
    );
  });

  it('takes names of metadata that a header can hold', () => {
    const parse = (uploadMetadata: unknown) =>
      z.safeParse(definition.transferOptions?.schema ?? z.any(), { uploadMetadata }).success;
    expect(parse({ season: '2026' })).toBe(true);
    for (const name of ['two words', 'a,b', 'é', ''])
      expect(parse({ [name]: 'x' }), name).toBe(false);
  });
});
