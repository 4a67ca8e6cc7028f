import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extensionOf, lastSegment, shapeFilename } from '#src/core/source/source-object.ts';

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

  it.each([1, 254, 255])('does not change a name of %i characters', (length) => {
    const name = 'x'.repeat(length);
    expect(shapeFilename(`reels/${name}`, 255)).toBe(name);
  });

  it('shortens a longer name and preserves its extension', () => {
    expect(shapeFilename(`${'x'.repeat(252)}.mp4`, 255)).toBe(`${'x'.repeat(251)}.mp4`);
    expect(shapeFilename(`${'x'.repeat(300)}.MP4`, 255)).toBe(`${'x'.repeat(251)}.MP4`);
  });

  it('counts an emoji as one character', () => {
    expect(shapeFilename(`${'🎬'.repeat(251)}.mp4`, 255)).toBe(`${'🎬'.repeat(251)}.mp4`);
    expect(shapeFilename(`${'🎬'.repeat(252)}.mp4`, 255)).toBe(`${'🎬'.repeat(251)}.mp4`);
    expect(shapeFilename('🎬'.repeat(300), 255)).toBe('🎬'.repeat(255));
  });

  it('does not treat a long text after a dot as an extension', () => {
    expect(shapeFilename(`a.${'x'.repeat(300)}`, 255)).toBe(`a.${'x'.repeat(253)}`);
  });

  it('uses only the last segment of a path', () => {
    expect(shapeFilename('../../etc/film.mp4', 255)).toBe('film.mp4');
  });

  it('returns a well-formed name within the limit, with its short extension, for any name', () => {
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
