import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { boundOf } from '#src/core/limits/recovery-bounds.ts';
import type { ChunkDelivery } from '#src/core/transfer/destination.ts';
import { itemOf, StepHarness } from '../../harness/step-harness.ts';

/** What a storage answers to one chunk, given the MD5 of its bytes and how often it came before. */
type Etag = (md5: string, chunkIndex: number, before: number) => Partial<ChunkDelivery>;

/** Sends the chunks of an object to a storage with such ETags; gives what was kept of it. */
async function sendTo(etag: Etag, chunks: number, chunksInFlight = 4) {
  const harness = await StepHarness.set({}, { chunksInFlight });
  const sends: number[] = [];
  harness.override({
    sendChunk: async (_session, { index }, body) => {
      const md5 = createHash('md5');
      for await (const bytes of body.open()) md5.update(bytes);
      const before = sends.filter((sent) => sent === index).length;
      sends.push(index);
      return { proof: '', evidence: 'etag', ...etag(md5.digest('hex'), index, before) };
    },
  });
  const opened = await harness.opened(chunks);
  await harness.send(itemOf(opened));
  const { store } = harness.doubles;
  const proven = async () => [...(await store.chunks(opened.transferId, 1)).keys()];
  const session = await store.session(opened.transferId, 1);
  return { harness, opened, sends, proven, session };
}

const foreign = () => ({ proof: randomBytes(16).toString('hex') });

describe('an ETag', () => {
  it('that is the MD5 of the bytes proves the chunk and makes its kind known', async () => {
    const { proven, session, sends } = await sendTo((md5) => ({ proof: md5 }), 5);
    expect(await proven()).toHaveLength(5);
    expect(sends).toHaveLength(5);
    expect(session?.etagMode).toBe('md5');
  });

  it('may be in upper case', async () => {
    const { sends, session } = await sendTo((md5) => ({ proof: md5.toUpperCase() }), 5);
    expect(sends).toHaveLength(5);
    expect(session?.etagMode).toBe('md5');
  });

  it('that is wrong once has the chunk sent again', async () => {
    const wrongOnce: Etag = (md5, index, before) =>
      index === 3 && before === 0 ? foreign() : { proof: md5 };
    const { proven, sends } = await sendTo(wrongOnce, 5);
    expect(await proven()).toHaveLength(5);
    expect(sends.toSorted()).toEqual([1, 2, 3, 3, 4, 5]);
  });

  it('that stays wrong where others match is never believed', async () => {
    const { harness, opened, proven, sends } = await sendTo(
      (md5, index) => (index > 2 ? foreign() : { proof: md5 }),
      6,
      1,
    );
    expect(await proven()).toEqual([1, 2]);
    expect(sends.filter((index) => index === 3)).toHaveLength(boundOf('mismatchedSends'));
    const [range] = await harness.doubles.store.ranges(opened.transferId, 1);
    expect(range?.error).toMatchObject({ name: 'ChunkCorruptError', disposition: 'fail' });
  });

  it('that never matches is opaque after three chunks that mismatched twice', async () => {
    const { proven, sends, session } = await sendTo(foreign, 8, 1);
    expect(session).toMatchObject({ etagMode: 'opaque', mismatched: [1, 2, 3] });
    expect(await proven()).toHaveLength(8);
    // Two chunks went behind the others; from the third on, one send is enough.
    expect(sends).toEqual([1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 1, 2]);
  });

  it('that never matches costs few sends when several chunks are in flight', async () => {
    const { proven, sends } = await sendTo(foreign, 8);
    expect(await proven()).toHaveLength(8);
    expect(sends.length).toBeLessThanOrEqual(8 + 4 * 2);
  });

  it.each([1, 2])(
    'that never matches is no evidence in a session of %i chunks, and no proof is kept',
    async (chunks) => {
      const { session, proven, sends } = await sendTo(foreign, chunks);
      expect(await proven()).toHaveLength(0);
      expect(sends.length).toBeLessThanOrEqual(chunks * boundOf('mismatchedSends'));
      expect(session?.etagMode).toBe('unknown');
    },
  );

  it.each([
    ['is no 32 hex digits', () => ({ proof: '0x8DC1E1A6F2B9E40' })],
    ['is that of several parts', () => ({ proof: `${'a'.repeat(32)}-2` })],
    ['is that of an SSE-KMS key', () => ({ ...foreign(), encryption: 'aws:kms' })],
    ['is that of two SSE-KMS keys', () => ({ ...foreign(), encryption: 'aws:kms:dsse' })],
  ])('that %s is taken as it is', async (_, etag) => {
    const { proven, sends, session } = await sendTo(etag, 5);
    expect(await proven()).toHaveLength(5);
    expect(sends).toHaveLength(5);
    expect(session?.etagMode).toBe('unknown');
  });

  it('is not looked at where the service calls it no evidence', async () => {
    const none = () => ({ proof: '1024', evidence: 'none' }) as const;
    const { proven, session } = await sendTo(none, 5);
    expect(await proven()).toHaveLength(5);
    expect(session?.etagMode).toBe('unknown');
  });
});
