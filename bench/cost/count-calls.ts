import { formatBytes } from '#local/terminal/size.ts';
import { chunkCount } from '#src/core/transfer/chunk-plan.ts';
import { type Limit, type Verdict, verdictOf } from '../plan/measures.ts';
import { transitionChunkBytes, transitionLimits } from './bill-limits.ts';
import { countTransfers } from './count-transfer.ts';
import type { CountedTransfer } from './counted-transfer.ts';

/** A limit of a count. It holds on every machine. */
export interface CountBound {
  readonly name: string;
  readonly found: number;
  readonly limit: Limit | { readonly rule: 'exactly'; readonly value: number };
  readonly verdict: Verdict;
}

/** The most chunks of one request for URLs and of one report (TwelveLabs OpenAPI, 2026-02-17). */
const chunksPerCall = 50;

/** InspectSource reads one byte: nothing is created for an object whose bytes are denied. */
const getsOfInspectSource = 1;

/** States that one poll round enters: a wait, the step, and its Choice. */
const statesPerPollRound = 3;

/** With this chunk size, a small object has as many chunks and ranges as a large one. */
const smallChunkBytes = 64 * 1024;

/** Moves small objects with the chunks, ranges and calls of 4 GiB and 256 MiB in chunks of 5 MiB. */
export function countCalls(directory: string): Promise<CountedTransfer[]> {
  const plans = transitionLimits.map(([sizeBytes]) => ({
    sizeBytes: chunkCount(sizeBytes, transitionChunkBytes) * smallChunkBytes,
    chunkSizeBytes: smallChunkBytes,
    represents: { sizeBytes, chunkSizeBytes: transitionChunkBytes },
  }));
  return countTransfers(plans, directory);
}

/** Returns the state transitions of a transfer without those of poll rounds. */
export function transitionsApartFromPolls({ transitions, entered }: CountedTransfer): number {
  const rounds = (entered.WaitToConfirm ?? 0) + (entered.WaitForAsset ?? 0);
  return transitions - statesPerPollRound * rounds;
}

/** Checks the counts of a transfer without failures. */
export function countBounds(transfer: CountedTransfer): CountBound[] {
  const { sizeBytes, chunkSizeBytes, s3, sink, ranges } = transfer;
  const chunks = chunkCount(sizeBytes, chunkSizeBytes);
  const calls = ranges.reduce(
    (sum, { first, last }) => sum + Math.ceil((last - first + 1) / chunksPerCall),
    0,
  );
  const gets = (s3.GET ?? 0) - getsOfInspectSource;
  return [
    bound('HEADs of S3', s3.HEAD ?? 0, { rule: 'exactly', value: 1 }),
    bound('GETs, apart from one byte by InspectSource', gets, { rule: 'exactly', value: chunks }),
    bound('PUTs', sink.put ?? 0, { rule: 'exactly', value: chunks }),
    bound('requests for URLs', sink.presign ?? 0, { rule: 'at most', value: calls }),
    bound('reports', sink.report ?? 0, { rule: 'at most', value: calls }),
    ...transitionBounds(transfer),
  ];
}

function transitionBounds(transfer: CountedTransfer): CountBound[] {
  const { sizeBytes, chunkSizeBytes } = transfer.represents ?? transfer;
  if (chunkSizeBytes !== transitionChunkBytes) return [];
  return transitionLimits
    .filter(([size]) => size === sizeBytes)
    .map(([, limit]) =>
      bound('state transitions, poll rounds apart', transitionsApartFromPolls(transfer), {
        rule: 'at most',
        value: limit,
      }),
    );
}

function bound(name: string, found: number, limit: CountBound['limit']): CountBound {
  if (limit.rule !== 'exactly') return { name, found, limit, verdict: verdictOf(found, limit) };
  return { name, found, limit, verdict: found === limit.value ? 'holds' : 'falls short' };
}

/** Prints the counts with their limits. Returns 1 if one does not hold, else 0. */
export function reportCalls(
  transfers: readonly CountedTransfer[],
  write: (line: string) => void,
): number {
  let hasFailed = false;
  for (const transfer of transfers) {
    write(`\n${titleOf(transfer)}`);
    for (const { verdict, name, found, limit } of countBounds(transfer)) {
      write(`${verdict.padEnd(11)}  ${name}: ${found}; limit: ${limit.rule} ${limit.value}`);
      hasFailed ||= verdict !== 'holds';
    }
  }
  return hasFailed ? 1 : 0;
}

function titleOf({ represents, ranges, ...moved }: CountedTransfer): string {
  const { sizeBytes, chunkSizeBytes } = represents ?? moved;
  const chunks = chunkCount(sizeBytes, chunkSizeBytes);
  const small = represents ? `, moved as ${formatBytes(moved.sizeBytes)}` : '';
  return `${formatBytes(sizeBytes)} in chunks of ${formatBytes(chunkSizeBytes)}${small}: ${chunks} chunks in ${ranges.length} ranges`;
}
