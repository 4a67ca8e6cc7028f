import { systemClock } from '#src/system/system-clock.ts';
import type { Chance } from '../harness/chance.ts';
import type { Faults } from './fault-classes.ts';

/** Pieces of one chunk on a slow connection: each takes less time than a sender's stall timeout. */
const piecesPerChunk = 96;

/** Seconds of a chunk that has the connection for itself. Three chunks of the maximum fit one call. */
const aloneSeconds = { least: 20, most: 65 };

/** Maximum PUTs that begin before one is stored: far more than are in flight at once. */
const maxBegunUnstored = 100;

/** A slow connection that all PUTs in flight share. It is fast once faults are disabled. */
export class SlowConnection {
  /** Size of the pieces of a source read, in bytes. */
  readonly pieceBytes: number;
  readonly #msPerByte: number;
  readonly #faults: Faults;
  readonly #inFlight = new Set<symbol>();
  #begunSinceStored = 0;

  constructor(chunkBytes: number, chance: Chance, faults: Faults) {
    const seconds = chance.between(aloneSeconds.least, aloneSeconds.most);
    this.pieceBytes = Math.max(1, Math.floor(chunkBytes / piecesPerChunk));
    this.#msPerByte = (seconds * 1_000) / chunkBytes;
    this.#faults = faults;
  }

  /** Whether a chunk was stored among the last PUTs: a sender that adapts stores some. */
  get isStoring(): boolean {
    return this.#faults.isDisabled || this.#begunSinceStored <= maxBegunUnstored;
  }

  /** Records a chunk that the upload host stored. */
  countStored(): void {
    this.#begunSinceStored = 0;
  }

  /** Yields the pieces of a body at the rate of the connection. */
  async *carry(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const put = Symbol('PUT');
    // The source of a dead process never answers: the loop may not end.
    const leave = () => void this.#inFlight.delete(put);
    signal.addEventListener('abort', leave, { once: true });
    this.#inFlight.add(put);
    let isBegun = false;
    try {
      for await (const piece of body) {
        // A PUT whose source returns no byte never uses the connection.
        if (!isBegun) this.#begunSinceStored++;
        isBegun = true;
        const ms = piece.byteLength * this.#msPerByte * this.#inFlight.size;
        if (!this.#faults.isDisabled) await systemClock.sleep(Math.ceil(ms), signal);
        yield piece;
      }
    } finally {
      leave();
    }
  }
}
