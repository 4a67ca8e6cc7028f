import { describe, expect, it } from 'vitest';
import prices from '#local/prices/prices.json' with { type: 'json' };
import { billOf, dollarsPerTb } from '../../bench/cost/bill.ts';
import type { CountedTransfer } from '../../bench/cost/counted-transfer.ts';
import { indexWriteUnits, itemBytes } from '../../bench/cost/item-units.ts';

const GB = 1e9;

const counted: CountedTransfer = {
  sizeBytes: GB,
  chunkSizeBytes: 5e6,
  outcome: 'ready',
  transitions: 40,
  historyEvents: 100,
  entered: {},
  ranges: [],
  calls: [
    { name: 'SendChunks', count: 4, memoryMib: 2048 },
    { name: 'OpenSession', count: 1, memoryMib: 512 },
  ],
  table: { writeUnits: 100, indexWriteUnits: 10, readUnits: 8, calls: {} },
  logBytes: 1e6,
  logLines: 10,
  metrics: [],
  events: 2,
  s3: { GET: 200, HEAD: 1 },
  sink: {},
};

describe('the price file', () => {
  it.each(Object.entries(prices))(
    'names value, unit, Region, source and date of %s',
    (_, price) => {
      expect(price.value).toBeGreaterThan(0);
      expect(price.unit).toMatch(/\w/);
      expect(price.region).toMatch(/^[a-z]+-[a-z]+-\d$/);
      expect(price.source).toMatch(/^https:\/\/aws\.amazon\.com\/\S+$/);
      expect(price.date).toMatch(/^\d{4}-\d\d-\d\d$/);
    },
  );
});

describe('a bill', () => {
  const quantities = new Map(billOf(counted).lines.map(({ name, quantity }) => [name, quantity]));

  it('counts each billed unit once', () => {
    expect(quantities.get('state transitions')).toBe(40);
    expect(quantities.get('Lambda requests')).toBe(5);
    expect(quantities.get('GB-seconds of sending')).toBeCloseTo((GB / 75e6) * 2);
    expect(quantities.get('GB-seconds of other functions')).toBeCloseTo(0.15);
    expect(quantities.get('table writes')).toBe(100);
    expect(quantities.get('writes of its indexes')).toBe(10);
    expect(quantities.get('S3 requests')).toBe(201);
    expect(quantities.get("GB of the functions' log lines")).toBe(0.001);
    expect(quantities.get('published events')).toBe(2);
  });

  it('is in dollars a TB', () => {
    const lines = [{ name: 'state transitions', price: 'stateTransition', quantity: 40 }] as const;
    expect(dollarsPerTb({ sizeBytes: GB, chunkSizeBytes: 1, lines })).toBeCloseTo(1);
  });
});

describe('writes of an index', () => {
  const row = { transferId: { S: 't' }, row: { S: 'transfer' } };
  const listed = { ...row, stateDay: { S: 'sending#2026-11-28' }, changedAt: { N: '1' } };

  it('are none for a row outside the indexes', () => {
    expect(indexWriteUnits(undefined, row)).toBe(0);
    expect(indexWriteUnits(row, { ...row, more: { S: 'x' } })).toBe(0);
  });

  it.each([
    ['a row enters', undefined, listed, 1],
    ['a row leaves', listed, row, 1],
    ['nothing changes', listed, listed, 0],
    ['another attribute changes', listed, { ...listed, more: { S: 'x' } }, 1],
    ['the key changes', listed, { ...listed, changedAt: { N: '2' } }, 2],
    ['both indexes hold it', undefined, { ...listed, unpublished: { S: 'yes' } }, 2],
  ])('if %s', (_, before, after, units) => {
    expect(indexWriteUnits(before, after)).toBe(units);
  });

  it('grow with the row', () => {
    const large = { ...listed, more: { S: 'x'.repeat(1024) } };
    expect(itemBytes(large)).toBeGreaterThan(1024);
    expect(indexWriteUnits(undefined, large)).toBe(2);
  });
});
