import { describe, expect, it } from 'vitest';
import {
  type Candidate,
  configuredMediaType,
  describeMismatches,
  matchingSource,
} from '#src/core/source/source-filter.ts';
import type { Source } from '#src/core/source/sources.ts';

const takes = (filters: Partial<Source>, candidate: Candidate) =>
  matchingSource([{ bucket: 'films', ...filters }], candidate) !== undefined;
const why = (filters: Partial<Source>, candidate: Candidate) =>
  describeMismatches([{ bucket: 'films', ...filters }], candidate);

/** A key of 1,024 bytes in characters of 2 bytes, with a suffix. */
const longest = (suffix: string) => 'ü'.repeat((1024 - suffix.length) / 2) + suffix;

describe('a source without filters', () => {
  it.each(['a', ' ', 'a\nb', '../x', 'k'.repeat(1024), '.mp4', '\u0000'])('matches %j', (key) => {
    expect(takes({}, { key, sizeBytes: 0 })).toBe(true);
    expect(takes({ prefixes: [], suffixes: [] }, { key })).toBe(true);
  });
});

describe('a prefix', () => {
  it.each([
    ['in/', 'in/film.mp4', true],
    ['in/', 'in/', true],
    ['in', 'inbox/film.mp4', true],
    ['in/', 'In/film.mp4', false],
    ['in/', 'a/in/film.mp4', false],
    ['in/', 'in', false],
    ['näh/', 'näh/film.mp4', true],
    // These letters look the same but have different bytes, so S3 separates them.
    ['nä/', 'na\u0308/film.mp4', false],
    ['+ %2F/', '+ %2F/film.mp4', true],
    ['+ %2F/', '+ /film.mp4', false],
    ['a.c/', 'abc/film.mp4', false],
    [longest('.mp4'), longest('.mp4'), true],
  ])('%j matches %j exactly: %j', (prefix, key, expected) => {
    expect(takes({ prefixes: [prefix] }, { key })).toBe(expected);
  });

  it('is one of several', () => {
    const prefixes = ['in/', 'reels/'];
    expect(takes({ prefixes }, { key: 'reels/film.mp4' })).toBe(true);
    expect(takes({ prefixes }, { key: 'out/film.mp4' })).toBe(false);
  });
});

describe('a suffix', () => {
  it.each([
    ['.mp4', 'film.mp4', true],
    ['.mp4', 'FILM.MP4', true],
    ['.MP4', 'film.mP4', true],
    ['.mp4', '.mp4', true],
    ['.mp4', 'filmmp4', false],
    ['.mp4', 'film.mp4.txt', false],
    ['.mp4', 'film.mp4\n', false],
    ['.mp4', 'a\nb.mp4', true],
    ['.mp4', longest('.MP4'), true],
    ['.mp4', 'mp4', false],
    ['.tar.gz', 'film.TAR.GZ', true],
    ['.c++', 'film.C++', true],
    ['.(a|b)[c]{2}$^\\', 'film.(A|B)[C]{2}$^\\', true],
    ['.a', 'film.b', false],
  ])('%j matches %j in any letter case: %j', (suffix, key, expected) => {
    expect(takes({ suffixes: [suffix] }, { key })).toBe(expected);
  });

  it.each([
    ['.näh', 'film.NÄH', true],
    ['.фильм', 'x.ФИЛЬМ', true],
    // A Greek sigma has two lower-case letters, depending on its position in the word.
    ['.ας', 'x.ΑΣ', true],
    ['.ασ', 'x.ΑΣ', true],
    // The comparison ignores the locale. Turkish would map this I to a dotless ı.
    ['.avi', 'x.AVI', true],
    ['.avi', 'x.AVİ', false],
    ['.avı', 'x.AVI', false],
    // A letter beyond the first 65,536.
    ['.\u{10428}', 'x.\u{10400}', true],
    ['.🎬', 'x.🎬', true],
  ])('%j matches %j in any script: %j', (suffix, key, expected) => {
    expect(takes({ suffixes: [suffix] }, { key })).toBe(expected);
  });
});

describe('a size', () => {
  const bounds = { minSize: 10, maxSize: 20 };

  it.each([
    [9, false],
    [10, true],
    [20, true],
    [21, false],
  ])('of %i bytes, from 10 to 20: %j', (sizeBytes, expected) => {
    expect(takes(bounds, { key: 'x', sizeBytes })).toBe(expected);
  });

  it('that is unknown matches', () => {
    expect(takes(bounds, { key: 'x' })).toBe(true);
  });

  it('is exact beyond 4 GiB', () => {
    const maxSize = 10_737_418_240;
    expect(takes({ maxSize }, { key: 'x', sizeBytes: maxSize })).toBe(true);
    expect(takes({ maxSize }, { key: 'x', sizeBytes: maxSize + 1 })).toBe(false);
  });
});

describe('several sources of a bucket', () => {
  const small: Source = { bucket: 'films', prefixes: ['small/'], maxSize: 10 };
  const films: Source = { bucket: 'films', suffixes: ['.mp4'], minSize: 100 };

  it('match an object that one of them matches', () => {
    expect(matchingSource([small, films], { key: 'small/a', sizeBytes: 5 })).toBe(small);
    expect(matchingSource([small, films], { key: 'a.mp4', sizeBytes: 100 })).toBe(films);
  });

  it('do not match an object that each matches only in part', () => {
    expect(matchingSource([small, films], { key: 'small/a.mp4', sizeBytes: 50 })).toBeUndefined();
  });

  it('give each reason', () => {
    expect(describeMismatches([small, films], { key: 'small/a.mp4', sizeBytes: 50 })).toBe(
      'it has 50 bytes, more than 10; it has 50 bytes, fewer than 100',
    );
  });
});

describe('the media type that a source configures', () => {
  const source: Source = {
    bucket: 'films',
    mediaTypes: { '.seq': 'video', '.still.seq': 'image', '.R3D': 'video' },
  };

  it.each([
    ['in/a.seq', 'video'],
    ['in/a.STILL.seq', 'image'],
    ['tape.r3d', 'video'],
    ['tape.mp4', undefined],
  ])('for %s is the type of the longest suffix', (key, type) => {
    expect(configuredMediaType(source, key)).toBe(type);
  });
});

describe('the reason', () => {
  it('names the filter', () => {
    const key = 'out/film.txt';
    expect(why({ prefixes: ['in/', 'reels/'] }, { key })).toBe(
      'its key does not begin with "in/" or "reels/"',
    );
    expect(why({ suffixes: ['.mp4'] }, { key })).toBe('its key does not end with ".mp4"');
    expect(why({ minSize: 10 }, { key, sizeBytes: 9 })).toBe('it has 9 bytes, fewer than 10');
  });

  it('stays short for any configuration', () => {
    const prefixes = Array.from({ length: 40 }, (_, i) => `p${i}/`);
    expect(why({ prefixes }, { key: 'x' })).toBe(
      'its key does not begin with "p0/" or "p1/" or "p2/" or "p3/" or "p4/" or 35 more',
    );
  });

  it('appears once if several sources have the same', () => {
    const source: Source = { bucket: 'films', suffixes: ['.mp4'] };
    expect(describeMismatches([source, { ...source, region: 'eu-west-1' }], { key: 'x' })).toBe(
      'its key does not end with ".mp4"',
    );
  });
});
