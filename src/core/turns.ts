import type { CallRate, SharedRates } from './call-rate.ts';
import type { Side } from './errors.ts';

/**
 * The turns that bound how many transfers send at once, the line of those that wait for one, and the
 * call rates that all functions share. All in the one table, by conditions on single rows.
 */

/** One of the `maxActiveTransfers` turns; absent rows are free. */
export interface Turn {
  /** From 1 to `maxActiveTransfers`. */
  readonly slot: number;
  readonly transferId: string;
  /** Of its owner when it was taken: an owner that was replaced can neither keep it nor give it away. */
  readonly fence: number;
  /** When it was taken, in milliseconds since 1970. */
  readonly since: number;
  /** Milliseconds since 1970; past it, anyone may take the turn. */
  readonly until: number;
}

/** One place in the line. */
export interface Place {
  readonly number: number;
  readonly transferId: string;
  /** Past it, the place no longer counts: its transfer has died waiting. */
  readonly until: number;
}

/** A number drawn, and when the one before it was. */
export interface DrawnNumber {
  readonly number: number;
  /** Milliseconds since 1970; absent for the first of all. */
  readonly previousDrawnAt?: number | undefined;
}

/** All methods throw `TableUnavailableError` when the table can't be reached. */
export interface TurnStore {
  /** Draws the next number of the line. */
  drawNumber(now: number): Promise<DrawnNumber>;
  /** Takes or renews a place. */
  keepPlace(place: Place): Promise<void>;
  leavePlace(number: number): Promise<void>;
  /** The first places by number, at most `limit` of them, dead ones included. */
  firstPlaces(limit: number): Promise<Place[]>;
  /** Turns that are held or were, by slot; at most `slots` of them. */
  turns(slots: number): Promise<Turn[]>;
  /** Takes a turn if it is free, past, or this transfer's own of this fence or an older one. */
  takeTurn(turn: Turn, now: number): Promise<boolean>;
  /** Prolongs a turn; false when it is not this owner's any more. */
  renewTurn(turn: Omit<Turn, 'since'>): Promise<boolean>;
  /** Gives a turn back if it is this owner's, and keeps how long it took. */
  freeTurn(turn: Pick<Turn, 'slot' | 'transferId' | 'fence'>, now: number): Promise<void>;
  /** Milliseconds that a turn took lately, smoothed; undefined before the first. */
  turnLength(): Promise<number | undefined>;
  /**
   * Shares a lowered rate. Returns false where another decrease was shared less than `shareEveryMs`
   * before it, or after it: one overload then lowers the shared rate once.
   */
  shareRate(kind: Side, rate: CallRate): Promise<boolean>;
  /** Shares a stop, in milliseconds since 1970. Returns false where the shared one ends later. */
  shareStop(kind: Side, until: number): Promise<boolean>;
  /** Returns the rates and stops of all kinds, by one read. */
  sharedRates(): Promise<SharedRates>;
}
