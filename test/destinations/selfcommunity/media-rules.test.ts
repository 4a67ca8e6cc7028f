import { describe, expect, it, onTestFinished } from 'vitest';
import type { SourceObject } from '#src/core/source/source-object.ts';
import type { ObjectFacts } from '#src/core/transfer/destination.ts';
import { accept } from '#src/destinations/selfcommunity/media-rules.ts';
import { type CommunityOptions, openCommunity, paper, runPaper } from './community.ts';

const MB = 1_000_000;

describe('SelfCommunity takes', () => {
  it.each<[string, ObjectFacts, string, number]>([
    ['a JPEG', { key: 'a/photo.JPG' }, 'image', 5 * MB],
    ['a PNG', { key: 'still.png' }, 'image', 5 * MB],
    ['an image by its content type', { key: '0001', contentType: 'image/webp' }, 'image', 5 * MB],
    ['an image by its source', { key: '0001.raw', mediaType: 'image' }, 'image', 5 * MB],
    ['a PDF', { key: 'paper.pdf' }, 'document', 50 * MB],
    [
      'a PDF by its content type',
      { key: 'x', contentType: 'application/pdf' },
      'document',
      50 * MB,
    ],
    [
      'a PDF with a parameter',
      { key: 'x', contentType: 'application/x-pdf; v=1' },
      'document',
      50 * MB,
    ],
  ])('%s', (_, facts, kind, maxBytes) => {
    expect(accept(facts)).toMatchObject({ kind, maxBytes, maxFilenameLength: 255 });
  });

  it.each<[string, ObjectFacts]>([
    ['a film', { key: 'film.mp4' }],
    ['a film with the content type of an image', { key: 'film.mp4', contentType: 'image/png' }],
    ['a sound', { key: 'talk.mp3' }],
    ['a text', { key: 'notes.txt', contentType: 'text/plain' }],
    ['an object without a type', { key: 'notes' }],
    ['a PDF whose source calls it a film', { key: 'paper.pdf', mediaType: 'video' }],
    ["macOS's companion of an image", { key: 'a/._photo.jpg' }],
  ])('no %s', (_, facts) => {
    expect(() => accept(facts)).toThrow(
      expect.objectContaining({
        name: 'SourceTypeUnsupportedError',
        message: expect.stringContaining('SelfCommunity takes images and PDF documents.'),
      }),
    );
  });
});

/** Runs a start for an object of these traits, and returns its end and the calls that arrived. */
async function started(traits: Partial<SourceObject>, options: CommunityOptions = {}) {
  const community = await openCommunity(options);
  onTestFinished(community.close);
  community.harness.source.put(paper, Buffer.alloc(10), traits);
  const { status, error } = await runPaper(community);
  return { status, error, calls: community.service.calls.length };
}

describe('before a byte moves', () => {
  it.each([
    ['a document of 50,000,001 bytes', { sizeBytes: 50 * MB + 1 }, 'SourceTooLargeError'],
    [
      'an image of 5,000,001 bytes',
      { sizeBytes: 5 * MB + 1, mediaType: 'image' },
      'SourceTooLargeError',
    ],
    ['a film', { mediaType: 'video' }, 'SourceTypeUnsupportedError'],
    ['nothing', { sizeBytes: 0 }, 'SourceEmptyError'],
  ] as const)('%s is rejected without a call', async (_, traits, error) => {
    const { mediaType }: Partial<SourceObject> = traits;
    const list = [{ bucket: 'films', mediaTypes: mediaType && { '.pdf': mediaType } }];
    const end = await started(traits, {
      change: ({ settings }) => ({ settings: { ...settings, sources: { list, readers: {} } } }),
    });
    expect(end).toEqual({ status: 'FAILED', error, calls: 0 });
  });
});
