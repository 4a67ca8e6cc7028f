import { describe, expect, it } from 'vitest';
import { serviceLimits } from '#local/state-machine/definition/service-limits.ts';
import { callsPerWindow, maxDetailsBytes } from '#src/destinations/seven-bridges/limits.ts';
import { type Move, type Moved, moveSparse } from './sparse/move.ts';

const GiB = 1024 ** 3;
const TiB = 1024 * GiB;

/** The time limit of an execution (`infra/constructs`), in ms. */
const executionMs = 7 * 24 * 3600 * 1000;

/** What others report for the network of one function, in bytes per second. */
const usual = 75_000_000;

interface Case extends Move {
  readonly name: string;
  readonly parts: number;
  /** Executions that the transfer takes. Default: one. */
  readonly executions?: number;
  /** The most parts that the end of a call may cut off. They are sent again. Default: none. */
  readonly cutOff?: number;
}

const cases: readonly Case[] = [
  { name: '4 GiB', sizeBytes: 4 * GiB, bytesPerSecond: usual, parts: 16 },
  { name: '1 TiB', sizeBytes: TiB, bytesPerSecond: usual, parts: 4_096, killedCall: 20 },
  { name: '5 TiB', sizeBytes: 5 * TiB, bytesPerSecond: usual, parts: 9_987 },
  { name: '5 TiB, slowly', sizeBytes: 5 * TiB, bytesPerSecond: usual / 5, parts: 9_987 },
  {
    name: '5 TiB, at 3 MB/s',
    sizeBytes: 5 * TiB,
    bytesPerSecond: 3_000_000,
    parts: 9_987,
    executions: 2,
    cutOff: 300,
  },
  {
    // 102 hours: one execution sends for 84 of its 168 hours at most.
    name: '1 TiB, one part at a time, at 3 MB/s',
    sizeBytes: TiB,
    bytesPerSecond: 3_000_000,
    parts: 4_096,
    isSerial: true,
    executions: 2,
    cutOff: 300,
  },
];

/** Prints the numbers of the docs page. */
function print(name: string, { result, service, ...moved }: Moved): void {
  const numbers = {
    calls: service.calls.length,
    parts: service.puts,
    hours: (moved.tookMs / 3_600_000).toFixed(1),
    hoursOfLongest: (moved.longestExecutionMs / 3_600_000).toFixed(1),
    events: moved.executions.map(({ historyEvents }) => historyEvents).join(' + '),
    transitions: result.transitions,
    payload: result.largestPayloadBytes,
    sends: result.entered.SendChunks,
    mostInWindow: moved.mostInWindow,
    longestCall: `${(moved.longestShare * 100).toFixed(0)} %`,
    largestReply: service.largestReplyBytes,
  };
  const text = Object.entries(numbers).map(([key, value]) => `${key} ${value}`);
  process.stderr.write(`${name}: ${text.join(', ')}\n`);
}

describe('a large object to Seven Bridges, in virtual time', () => {
  it.each(cases)(
    '$name stays within every quota',
    async ({ name, parts, executions = 1, cutOff = 0, ...move }) => {
      const moved = await moveSparse(move);
      const { result, service, lostChunks } = moved;
      print(name, moved);
      const { sizeBytes } = move;
      expect(result.output).toMatchObject({ status: 'ready', bytes: sizeBytes, chunks: parts });
      expect(service.files).toEqual([expect.objectContaining({ size: sizeBytes })]);
      // A killed function costs the chunks that it was sending, and no other.
      const sentAgain = service.puts - parts - lostChunks;
      expect(sentAgain).toBeGreaterThanOrEqual(0);
      expect(sentAgain).toBeLessThanOrEqual(cutOff);
      expect(lostChunks > 0).toBe(move.killedCall !== undefined);
      expect(moved.executions).toHaveLength(executions);
      for (const { historyEvents } of moved.executions)
        expect(historyEvents).toBeLessThan(0.8 * serviceLimits.historyEvents);
      expect(result.largestPayloadBytes).toBeLessThan(serviceLimits.payloadBytes / 2);
      expect(moved.longestExecutionMs).toBeLessThan(0.6 * executionMs);
      expect(moved.longestShare).toBeLessThan(1);
      expect(moved.mostInWindow).toBeLessThanOrEqual(callsPerWindow);
      expect(service.largestReplyBytes).toBeLessThan(maxDetailsBytes / 4);
    },
  );
});
