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
import { objectIdOf, rejectionIdOf, transferIdOf } from '#src/step-support/transfer-ids.ts';
import { oddKeys } from './odd-keys.ts';

const seed = 20_261_121;
const runs = 5_000;

/** Short texts of separators, quotes and escapes, which could make two keys equal. */
const separatorText = fc.oneof(
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
  bucket: separatorText,
  key: separatorText,
  versionId: fc.option(separatorText.filter(Boolean), { nil: undefined }),
  etag: separatorText,
});

type Named = {
  destination: string;
  bucket: string;
  key: string;
  versionId?: string | undefined;
  etag: string;
};

const idOf = ({ destination, ...source }: Named) =>
  objectIdOf(destination, { ...source, sizeBytes: 1 });

/** Returns the identity of an object: with a version, the ETag adds nothing. */
const contentOf = ({ destination, bucket, key, versionId, etag }: Named) =>
  JSON.stringify([destination, bucket, key, versionId === undefined, versionId ?? etag]);

describe('the identity of an object version', () => {
  it('differs for every other bucket, key, version or ETag', () => {
    const pairs = fc.tuple(objects, objects);
    const property = fc.property(pairs, ([one, other]) => {
      expect(idOf(one) === idOf(other)).toBe(contentOf(one) === contentOf(other));
    });
    fc.assert(property, { seed, numRuns: runs });
  });

  it('differs if bucket, key and version are split elsewhere', () => {
    const property = fc.property(
      fc.tuple(separatorText, separatorText, separatorText),
      ([a, b, c]) => {
        const parts = { destination: 'twelvelabs', versionId: c || 'v', etag: 'e' };
        const shifted = { ...parts, bucket: a + b, key: c };
        const whole = { ...parts, bucket: a, key: b + c };
        expect(idOf(shifted) === idOf(whole)).toBe(contentOf(shifted) === contentOf(whole));
        const later = { ...parts, bucket: a, key: b, versionId: `${c}x` };
        const sooner = { ...parts, bucket: a, key: `${b}${c}`, versionId: 'x' };
        expect(idOf(later) === idOf(sooner)).toBe(contentOf(later) === contentOf(sooner));
      },
    );
    fc.assert(property, { seed, numRuns: runs });
  });

  it('is 40 hexadecimal digits for any key', () => {
    const property = fc.property(objects, separatorText, (object, execution) => {
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

/** A row key of any kind, with its meaning as text. */
const rows: fc.Arbitrary<{ readonly key: RowKey; readonly means: string }> = fc
  .record({
    object: objects,
    text: separatorText,
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
    const makers = [
      () => row(transferKey(id), 'transfer', content, ingest),
      () => row(transferKey(rejectionIdOf(text)), 'rejection', text),
      () => row(ingestsKey(idOf(object)), 'ingests', content),
      () => row(executionKey(text), 'execution', text),
      () => row(uploadKey(text), 'upload', text),
      () => row(sessionKey(id, session), 'session', content, ingest, session),
      () => row(chunkKey(id, session, chunk), 'chunk', content, ingest, session, chunk),
      () => row(rangeKey(id, session, range), 'range', content, ingest, session, range),
      () => row(slotKey(slot), 'slot', slot),
      () => row(ticketKey(priority, ticket), 'ticket', priority, ticket),
      () => row(ticketCounterKey, 'tickets'),
      () => row(pauseKey, 'pause'),
      () => row(queueHeadKey, 'head'),
      () => row(ratesKey, 'rates'),
    ];
    return fc.constantFrom(...makers).map((make) => make());
  });

describe("a row's key", () => {
  it('differs for rows with different meanings', () => {
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
