import type { SharedRate } from '#src/core/call-rate.ts';
import type { Side } from '#src/core/errors.ts';
import { shareEveryMs } from '#src/core/limits.ts';
import type { Place, Turn, TurnStore } from '#src/core/turns.ts';

/** Turns, line and call rates in memory, with what tests want to see of them. */
export interface MemoryTurnStore extends TurnStore {
  readonly held: ReadonlyMap<number, Turn>;
  readonly line: ReadonlyMap<number, Place>;
}

/** A turn store with the conditions of the port. */
export function createMemoryTurnStore(): MemoryTurnStore {
  const held = new Map<number, Turn>();
  const line = new Map<number, Place>();
  const rates = new Map<Side, SharedRate>();
  let drawn = 0;
  let drawnAt: number | undefined;
  let turnMs: number | undefined;
  let order: number[] | undefined;
  const sorted = () => (order ??= [...line.keys()].sort((a, b) => a - b));
  return {
    held,
    line,
    drawNumber: async (now) => {
      const previousDrawnAt = drawnAt;
      drawnAt = now;
      return { number: ++drawn, previousDrawnAt };
    },
    keepPlace: async (place) => {
      if (!line.has(place.number)) order = undefined;
      line.set(place.number, place);
    },
    leavePlace: async (number) => {
      if (line.delete(number)) order = undefined;
    },
    firstPlaces: async (limit) =>
      sorted()
        .slice(0, limit)
        .flatMap((number) => line.get(number) ?? []),
    turns: async (slots) => [...held.values()].filter(({ slot }) => slot <= slots),
    takeTurn: async (turn, now) => {
      const before = held.get(turn.slot);
      const isOwn = before?.transferId === turn.transferId && before.fence <= turn.fence;
      if (before && !isOwn && before.until >= now) return false;
      held.set(turn.slot, turn);
      return true;
    },
    renewTurn: async (turn) => {
      const before = held.get(turn.slot);
      if (before?.transferId !== turn.transferId || before.fence !== turn.fence) return false;
      held.set(turn.slot, { ...before, ...turn });
      return true;
    },
    freeTurn: async ({ slot, transferId, fence }, now) => {
      const turn = held.get(slot);
      if (turn?.transferId !== transferId || turn.fence !== fence) return;
      held.delete(slot);
      const ms = now - turn.since;
      turnMs = turnMs === undefined ? ms : turnMs + (ms - turnMs) * 0.2;
    },
    turnLength: async () => turnMs,
    shareRate: async (kind, rate) => {
      const { rate: before, stoppedUntil } = rates.get(kind) ?? {};
      if (before && before.loweredAt > rate.loweredAt - shareEveryMs) return false;
      rates.set(kind, { rate, stoppedUntil });
      return true;
    },
    shareStop: async (kind, until) => {
      const { rate, stoppedUntil = 0 } = rates.get(kind) ?? {};
      if (stoppedUntil >= until) return false;
      rates.set(kind, { rate, stoppedUntil: until });
      return true;
    },
    sharedRates: async () => Object.fromEntries(rates),
  };
}
