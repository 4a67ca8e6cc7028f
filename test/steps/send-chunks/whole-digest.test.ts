import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { WholeDigest } from '#src/steps/send-chunks/whole-digest.ts';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

/** Reads the bytes of a chunk, and ends it unless the send failed. */
function read(digest: WholeDigest, index: number, text: string, isSent = true): void {
  digest.begin(index)?.update(text);
  if (isSent) digest.end(index);
}

describe('the digest of a whole object', () => {
  it('is that of all chunks in order', () => {
    const digest = new WholeDigest();
    read(digest, 1, 'one');
    expect(digest.hexAfter(2)).toBeUndefined();
    read(digest, 2, 'two');
    expect(digest.hexAfter(2)).toBe(md5('one' + 'two'));
  });

  it('counts a chunk once that is read again after a failure', () => {
    const digest = new WholeDigest();
    read(digest, 1, 'one', false);
    read(digest, 1, 'o', false);
    read(digest, 1, 'one');
    read(digest, 2, 'two');
    expect(digest.hexAfter(2)).toBe(md5('one' + 'two'));
  });

  it('is unknown if the call began after the first chunk', () => {
    const digest = new WholeDigest();
    read(digest, 2, 'two');
    expect(digest.hexAfter(2)).toBeUndefined();
  });

  it('is unknown if a chunk was skipped', () => {
    const digest = new WholeDigest();
    for (const [index, text] of [
      [1, 'one'],
      [3, 'three'],
    ] as const)
      read(digest, index, text);
    expect(digest.hexAfter(3)).toBeUndefined();
  });
});
