import { describe, expect, it } from 'vitest';
import { readPattern } from '#cli/listing/s3-pattern.ts';

const matches = (glob: string, key: string) =>
  readPattern(`s3://films/${glob}`, false)?.matches(key);

describe('the glob of an S3 URL', () => {
  it.each([
    ['a*', 'a', true],
    ['a*', 'a/b/c.mp4', true],
    ['a*', 'b', false],
    ['*.mp4', 'x.mp4.mp4', true],
    ['*.mp4', 'x.mp4.mov', false],
    ['*a*b', 'x-a-x-b', true],
    ['**a?c', 'z-abc', true],
    ['a?c', 'ac', false],
    ['?', '\u{1f3ac}', true],
    ['a.c*', 'abc', false],
    ['a*c', 'a*c', true],
    ['*', 'a\nb', true],
    ['folder/', 'folder/a', true],
    ['folder/', 'folders', false],
  ])('%s and the key %j: %s', (glob, key, isMatched) => {
    expect(matches(glob, key)).toBe(isMatched);
  });

  it('compares a key of the longest length that was made to be slow', () => {
    const key = `${'-'.repeat(1_020)}.mp4`;
    const startedAt = performance.now();
    expect(matches('*-*-*-*-*-*.mov', key)).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
