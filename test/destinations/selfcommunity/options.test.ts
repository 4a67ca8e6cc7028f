import { describe, expect, it } from 'vitest';
import { identityOf } from '#src/core/transfer/destination.ts';
import type { DestinationOptions } from '#src/core/transfer/transfer-options.ts';
import type { Mode } from '#src/destinations/selfcommunity/settings.ts';
import { call, createUploader } from './uploader.ts';

const pdf = { bucket: 'papers', key: 'a.pdf', etag: 'e1', sizeBytes: 10 };

function openSession(
  kind: 'document' | 'image',
  options: DestinationOptions,
  mode: Mode = 'documented',
) {
  const baseUrl = 'https://community.example.test/api/v2';
  const { destination } = createUploader({ baseUrl, mode, secret: 'token' });
  const request = { source: pdf, kind, filename: 'b.pdf', options };
  return { destination, opened: destination.openSession(request, call) };
}

describe("a transfer's option at SelfCommunity", () => {
  it.each([
    ['image', 'eimage'],
    ['image', 'image'],
    ['document', 'doc'],
  ] as const)('gives an object of the kind %s the type %s', async (kind, type) => {
    const { details } = await openSession(kind, { type }).opened;
    expect(details).toMatchObject({ kind, type, filename: 'b.pdf' });
  });

  it('has no default: the service chooses the type', async () => {
    expect((await openSession('image', {}).opened).details).not.toHaveProperty('type');
  });

  it.each([
    ['for another kind', 'document', 'eimage', 'documented', 'must fit the object'],
    ['in a mode without types', 'image', 'image', 'library', 'must be absent'],
    ['unknown', 'image', 'film', 'documented', 'must be one of'],
  ] as const)('is rejected %s', async (_, kind, type, mode, words) => {
    const { opened } = openSession(kind, { type }, mode);
    await expect(opened).rejects.toMatchObject({
      name: 'InvalidInputError',
      message: expect.stringContaining(words),
    });
  });

  it('leaves the identity as it is: a community is one place', () => {
    const { destination, opened } = openSession('image', {});
    opened.catch(() => {});
    expect(identityOf(destination, { type: 'eimage' })).toBe(destination.identity);
  });
});
