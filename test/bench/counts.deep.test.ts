import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { billOf, dollarsPerTb } from '../../bench/cost/bill.ts';
import { countBounds, countCalls } from '../../bench/cost/count-calls.ts';
import type { CountedTransfer } from '../../bench/cost/counted-transfer.ts';

const GiB = 1024 ** 3;

let directory: string;
let transfers: CountedTransfer[];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'counts-'));
  transfers = await countCalls(directory);
}, 240_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('small objects with the chunks and calls of 4 GiB and 256 MiB', () => {
  it('take no more calls and state transitions than their limits', () => {
    const bounds = transfers.flatMap(countBounds);
    expect(bounds.filter(({ verdict }) => verdict !== 'holds')).toEqual([]);
    expect(bounds.map(({ name }) => name)).toContain('state transitions, poll rounds apart');
  });

  it('write a row for each chunk, and few others', () => {
    const [first] = transfers;
    const table = first?.table;
    const chunks = first?.sink.put ?? Number.NaN;
    expect(chunks).toBe(820);
    expect(table?.writeUnits).toBeGreaterThan(chunks);
    expect(table?.writeUnits).toBeLessThan(chunks * 1.2);
    expect(table?.indexWriteUnits).toBeGreaterThan(0);
    expect(table?.readUnits).toBeGreaterThan(0);
  });

  it('print log lines, report metrics and publish events', () => {
    for (const { logLines, logBytes, metrics, events } of transfers) {
      expect(logLines).toBeGreaterThan(5);
      expect(logBytes).toBeGreaterThan(logLines * 26);
      expect(metrics.join()).toContain('BytesSent');
      expect(events).toBeGreaterThanOrEqual(1);
    }
  });

  it('price 4 GiB in chunks of 5 MiB below the limit', () => {
    const [transfer] = transfers;
    if (!transfer?.represents) throw new Error('no transfer');
    const bill = billOf({ ...transfer, sizeBytes: 4 * GiB });
    expect(dollarsPerTb(bill)).toBeLessThanOrEqual(0.6);
  });
});
