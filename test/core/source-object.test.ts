import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extensionOf, lastSegment, mediaTypeOf, shapeFilename } from '#src/core/source-object.ts';

describe('mediaTypeOf', () => {
  it.each([
    ['film.mp4', 'video'],
    ['FILM.MP4', 'video'],
    ['a/b.c/Film.MoV', 'video'],
    ['clip.M2TS', 'video'],
    ['sound.mp3', 'audio'],
    ['Sound.FLAC', 'audio'],
    ['still.JPeG', 'image'],
    ['still.heic', 'image'],
  ])('takes %s for %s by its extension', (key, type) => {
    expect(mediaTypeOf(key, undefined)).toBe(type);
  });

  it.each([
    ['video/mp4', 'video'],
    ['VIDEO/QuickTime', 'video'],
    ['Audio/x-unknown; codecs="a/b"', 'audio'],
    [' image/png ', 'image'],
  ])('takes an object of content type %s for %s where no extension tells', (contentType, type) => {
    expect(mediaTypeOf('reels/0001', contentType)).toBe(type);
    expect(mediaTypeOf('reels/0001.bin', contentType)).toBe(type);
  });

  it('believes the extension rather than the content type', () => {
    expect(mediaTypeOf('sound.mp3', 'video/mp4')).toBe('audio');
    expect(mediaTypeOf('film.mp4', 'application/octet-stream')).toBe('video');
  });

  it.each([
    ['notes.txt', 'text/plain'],
    ['notes', undefined],
    ['mp4', undefined],
    ['.mp4', undefined],
    ['film.mp4/', 'binary/octet-stream'],
    ['film.mp4/part', ''],
    ['film.mp4.zip', 'application/zip'],
    ['film.constructor', 'videotape/vhs'],
  ])('refuses %s of type %s by name', (key, contentType) => {
    const name = 'SourceTypeUnsupportedError';
    expect(() => mediaTypeOf(key, contentType)).toThrow(
      expect.objectContaining({ name, message: expect.stringContaining(key) }),
    );
  });
});

describe('the name of an object', () => {
  it.each([
    ['a/b/film.mp4', 'film.mp4', 'mp4'],
    ['film.mp4', 'film.mp4', 'mp4'],
    ['a/b/', '', ''],
    ['a.b/film', 'film', ''],
    ['.hidden', '.hidden', ''],
    ['film.', 'film.', ''],
    ['ends.TAR.GZ', 'ends.TAR.GZ', 'gz'],
  ])('of %s is %s with the extension %s', (key, segment, extension) => {
    expect(lastSegment(key)).toBe(segment);
    expect(extensionOf(lastSegment(key))).toBe(extension);
  });
});

describe('shapeFilename', () => {
  const characters = (text: string) => Array.from(text).length;

  it.each([1, 254, 255])('leaves a name of %i characters alone', (length) => {
    const name = 'x'.repeat(length);
    expect(shapeFilename(`reels/${name}`, 255)).toBe(name);
  });

  it('cuts a longer one and keeps its extension', () => {
    expect(shapeFilename(`${'x'.repeat(252)}.mp4`, 255)).toBe(`${'x'.repeat(251)}.mp4`);
    expect(shapeFilename(`${'x'.repeat(300)}.MP4`, 255)).toBe(`${'x'.repeat(251)}.MP4`);
  });

  it('counts an emoji as one character and never cuts it in two', () => {
    expect(shapeFilename(`${'🎬'.repeat(251)}.mp4`, 255)).toBe(`${'🎬'.repeat(251)}.mp4`);
    expect(shapeFilename(`${'🎬'.repeat(252)}.mp4`, 255)).toBe(`${'🎬'.repeat(251)}.mp4`);
    expect(shapeFilename('🎬'.repeat(300), 255)).toBe('🎬'.repeat(255));
  });

  it('does not take a long tail after a dot for an extension', () => {
    expect(shapeFilename(`a.${'x'.repeat(300)}`, 255)).toBe(`a.${'x'.repeat(253)}`);
  });

  it('takes only the last segment of a wish that looks like a path', () => {
    expect(shapeFilename('../../etc/film.mp4', 255)).toBe('film.mp4');
  });

  it('always fits, is well-formed and keeps a short extension, for any name', () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 300, size: 'max' });
    const extension = fc.constantFrom('ts', 'mp4', 'flac', 'm2ts', 'tar');
    fc.assert(
      fc.property(name, extension, fc.integer({ min: 40, max: 255 }), (stem, tail, most) => {
        const shaped = shapeFilename(`${stem}.${tail}`, most);
        expect(characters(shaped)).toBeLessThanOrEqual(most);
        expect(shaped.isWellFormed()).toBe(true);
        expect(shaped.endsWith(`.${tail}`)).toBe(true);
      }),
    );
  });
});
