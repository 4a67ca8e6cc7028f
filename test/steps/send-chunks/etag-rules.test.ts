import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { boundOf } from '#src/core/limits/retry-bounds.ts';
import type { ChunkDelivery } from '#src/core/transfer/destination.ts';
import { itemOf, StepHarness } from '../../harness/step-harness.ts';

/** Returns the reply to one chunk, from the MD5 of its bytes and the number of earlier sends. */
type Etag = (md5: string, chunkIndex: number, before: number) => Partial<ChunkDelivery>;

/** Sends the chunks of an object to a storage with such ETags. Returns what was stored. */
async function sendTo(etag: Etag, chunks: number, chunksInFlight = 4) {
  const harness = await StepHarness.create({}, { chunksInFlight });
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
  const opened = await harness.openTransfer(chunks);
  await harness.send(itemOf(opened));
  const { store } = harness.doubles;
  const proven = async () => [...(await store.chunks(opened.transferId, 1)).keys()];
  const session = await store.session(opened.transferId, 1);
  return { harness, opened, sends, proven, session };
}

const foreign = () => ({ proof: randomBytes(16).toString('hex') });

describe('an ETag', () => {
  it('that is the MD5 of the bytes proves the chunk and sets the ETag mode of the session', async () => {
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

  it('that is wrong once causes a second send', async () => {
    const wrongOnce: Etag = (md5, index, before) =>
      index === 3 && before === 0 ? foreign() : { proof: md5 };
    const { proven, sends } = await sendTo(wrongOnce, 5);
    expect(await proven()).toHaveLength(5);
    expect(sends.toSorted()).toEqual([1, 2, 3, 3, 4, 5]);
  });

  it('that stays wrong while others match is never accepted', async () => {
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

  it('counts as opaque after three chunks mismatched twice', async () => {
    const { proven, sends, session } = await sendTo(foreign, 8, 1);
    expect(session).toMatchObject({ etagMode: 'opaque', mismatched: [1, 2, 3] });
    expect(await proven()).toHaveLength(8);
    // Two chunks moved behind the others. From the third on, one send is enough.
    expect(sends).toEqual([1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 1, 2]);
  });

  it('that never matches costs few extra sends with several chunks in flight', async () => {
    const { proven, sends } = await sendTo(foreign, 8);
    expect(await proven()).toHaveLength(8);
    expect(sends.length).toBeLessThanOrEqual(8 + 4 * 2);
  });

  it.each([1, 2])(
    'that never matches proves nothing in a session of %i chunks, and no proof is stored',
    async (chunks) => {
      const { session, proven, sends } = await sendTo(foreign, chunks);
      expect(await proven()).toHaveLength(0);
      expect(sends.length).toBeLessThanOrEqual(chunks * boundOf('mismatchedSends'));
      expect(session?.etagMode).toBe('unknown');
    },
  );

  it.each([
    ['is not 32 hex digits', () => ({ proof: '0x8DC1E1A6F2B9E40' })],
    ['belongs to a multipart object', () => ({ proof: `${'a'.repeat(32)}-2` })],
    ['belongs to an object with SSE-KMS', () => ({ ...foreign(), encryption: 'aws:kms' })],
    ['belongs to an object with DSSE-KMS', () => ({ ...foreign(), encryption: 'aws:kms:dsse' })],
  ])('that %s is accepted without a comparison', async (_, etag) => {
    const { proven, sends, session } = await sendTo(etag, 5);
    expect(await proven()).toHaveLength(5);
    expect(sends).toHaveLength(5);
    expect(session?.etagMode).toBe('unknown');
  });

  it('that never matches is not accepted if another sender records a match meanwhile', async () => {
    const harness = await StepHarness.create({}, { chunksInFlight: 1 });
    const { store } = harness.doubles;
    harness.override({
      sendChunk: async (_session, _chunk, body) => {
        for await (const _ of body.open());
        return { evidence: 'etag', ...foreign() };
      },
    });
    const opened = await harness.openTransfer(8);
    // After this sender has read the mode, and before it records its own.
    const session: typeof store.session = async (...args) => {
      const read = await store.session(...args);
      if (read?.mismatched.length === 3) await store.setEtagMode(opened.transferId, 1, 'md5');
      return read;
    };
    harness.ports = { ...harness.ports, store: { ...store, session } };
    await harness.send(itemOf(opened));
    expect((await store.session(opened.transferId, 1))?.etagMode).toBe('md5');
    expect(await store.chunks(opened.transferId, 1)).toHaveProperty('size', 0);
  });

  it('is not compared if the service does not send it as evidence', async () => {
    const none = () => ({ proof: '1024', evidence: 'none' }) as const;
    const { proven, session } = await sendTo(none, 5);
    expect(await proven()).toHaveLength(5);
    expect(session?.etagMode).toBe('unknown');
  });
});

it('a service that requires order receives no later chunk before a mismatched chunk', async () => {
  const harness = await StepHarness.create();
  const { destination } = harness.ports;
  const sent: number[] = [];
  harness.override({
    traits: { ...destination.traits, order: 'ascending' },
    sendChunk: async (...args) => {
      const delivery = await destination.sendChunk(...args);
      sent.push(args[1].index);
      return sent.length <= 3 ? { ...delivery, proof: 'f'.repeat(32) } : delivery;
    },
  });
  await harness.send(itemOf(await harness.openTransfer(3)));
  expect(sent).toEqual([1, 1, 1, 1, 2, 3]);
});
