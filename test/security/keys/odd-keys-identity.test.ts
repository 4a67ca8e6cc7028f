import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chunkKey,
  executionKey,
  highest,
  ingestsKey,
  pauseKey,
  queueHeadKey,
  type RowKey,
  rangeKey,
  ratesKey,
  sessionKey,
  slotKey,
  ticketCounterKey,
  ticketKey,
  transferKey,
  uploadKey,
} from '#src/aws/dynamodb/row-keys.ts';
import { priorities } from '#src/core/queue/queue.ts';
import { objectId, rejectionIdOf, transferIdOf } from '#src/transfer/transfer-ids.ts';
import { oddKeys } from './odd-keys.ts';

const seed = 20_261_121;
const runs = 5_000;

/** Short texts of the characters that separate, quote and escape: what could run together does. */
const joint = fc.oneof(
  fc.string({
    unit: fc.constantFrom(
      '#',
      ':',
      '"',
      ',',
      '\\',
      '[',
      ']',
      '/',
      'v',
      'e',
      'v:',
      '\ud800',
      '\u0000',
    ),
    maxLength: 6,
  }),
  fc.constantFrom(...Object.values(oddKeys)),
);

const objects = fc.record({
  destination: fc.constantFrom('twelvelabs', 'other'),
  bucket: joint,
  key: joint,
  versionId: fc.option(joint.filter(Boolean), { nil: undefined }),
  etag: joint,
});

type Named = {
  destination: string;
  bucket: string;
  key: string;
  versionId?: string | undefined;
  etag: string;
};

const idOf = ({ destination, ...source }: Named) =>
  objectId(destination, { ...source, sizeBytes: 1 });

/** What an object is: an ETag says nothing more of one that has a version. */
const contentOf = ({ destination, bucket, key, versionId, etag }: Named) =>
  JSON.stringify([destination, bucket, key, versionId === undefined, versionId ?? etag]);

describe('the identity of an object version', () => {
  it('is another for every other bucket, key, version or ETag', () => {
    const pairs = fc.tuple(objects, objects);
    const property = fc.property(pairs, ([one, other]) => {
      expect(idOf(one) === idOf(other)).toBe(contentOf(one) === contentOf(other));
    });
    fc.assert(property, { seed, numRuns: runs });
  });

  it('is another where bucket and key, or key and version, are cut elsewhere', () => {
    const property = fc.property(fc.tuple(joint, joint, joint), ([a, b, c]) => {
      const parts = { destination: 'twelvelabs', versionId: c || 'v', etag: 'e' };
      const shifted = { ...parts, bucket: a + b, key: c };
      const whole = { ...parts, bucket: a, key: b + c };
      expect(idOf(shifted) === idOf(whole)).toBe(contentOf(shifted) === contentOf(whole));
      const later = { ...parts, bucket: a, key: b, versionId: `${c}x` };
      const sooner = { ...parts, bucket: a, key: `${b}${c}`, versionId: 'x' };
      expect(idOf(later) === idOf(sooner)).toBe(contentOf(later) === contentOf(sooner));
    });
    fc.assert(property, { seed, numRuns: runs });
  });

  it('holds nothing of the key: 40 hexadecimal digits, whatever it is made of', () => {
    const property = fc.property(objects, joint, (object, execution) => {
      const id = idOf(object);
      for (const one of [id, transferIdOf(id, 1), rejectionIdOf(execution)]) {
        expect(one).toMatch(/^[0-9a-f]{40}$/);
      }
    });
    fc.assert(property, { seed, numRuns: 1_000 });
  });
});

const number = (most: number) =>
  fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: most }));

/** A row of any kind, with all that it stands for as one text. */
const rows: fc.Arbitrary<{ readonly key: RowKey; readonly means: string }> = fc
  .record({
    object: objects,
    text: joint,
    ingest: fc.integer({ min: 1, max: 30 }),
    session: number(highest.session),
    chunk: number(highest.chunk),
    range: number(highest.range),
    slot: number(highest.slot),
    ticket: number(highest.ticket),
    priority: fc.constantFrom(...priorities),
  })
  .chain(({ object, text, ingest, session, chunk, range, slot, ticket, priority }) => {
    const content = contentOf(object);
    const id = transferIdOf(idOf(object), ingest);
    const row = (key: RowKey, ...means: unknown[]) => ({ key, means: JSON.stringify(means) });
    return fc.constantFrom(
      row(transferKey(id), 'transfer', content, ingest),
      row(transferKey(rejectionIdOf(text)), 'refusal', text),
      row(ingestsKey(idOf(object)), 'ingests', content),
      row(executionKey(text), 'execution', text),
      row(uploadKey(text), 'upload', text),
      row(sessionKey(id, session), 'session', content, ingest, session),
      row(chunkKey(id, session, chunk), 'chunk', content, ingest, session, chunk),
      row(rangeKey(id, session, range), 'range', content, ingest, session, range),
      row(slotKey(slot), 'slot', slot),
      row(ticketKey(priority, ticket), 'ticket', priority, ticket),
      row(ticketCounterKey, 'tickets'),
      row(pauseKey, 'pause'),
      row(queueHeadKey, 'head'),
      row(ratesKey, 'rates'),
    );
  });

describe("a row's key", () => {
  it('is shared by no two rows that stand for different things', () => {
    const property = fc.property(fc.array(rows, { minLength: 2, maxLength: 12 }), (several) => {
      const meanings = new Map<string, string>();
      for (const { key, means } of several) {
        const at = JSON.stringify([key.transferId, key.row]);
        expect(meanings.get(at) ?? means).toBe(means);
        meanings.set(at, means);
      }
    });
    fc.assert(property, { seed, numRuns: runs });
  });
});
