import { systemClock } from '#src/config/system-clock.ts';
import type { Chance } from './chance.ts';
import type { Mishaps } from './fault-classes.ts';

/** Pieces of one chunk on a slow line: each takes less time than a sender waits for a byte. */
const piecesPerChunk = 96;

/** How long a chunk takes that has the line for itself, in seconds: three of the longest fit one call. */
const aloneSeconds = { least: 20, most: 65 };

/** PUTs that may begin before one of them is stored: far more than are ever in flight at once. */
const mostBegunUnstored = 100;

/** A line whose bytes all PUTs in flight share. It is as fast as any once the run is calm. */
export class SlowLine {
  /** Bytes of the pieces in which the source is to be read. */
  readonly pieceBytes: number;
  readonly #msPerByte: number;
  readonly #mishaps: Mishaps;
  readonly #inFlight = new Set<symbol>();
  #begunSinceStored = 0;

  constructor(chunkBytes: number, chance: Chance, mishaps: Mishaps) {
    const seconds = chance.between(aloneSeconds.least, aloneSeconds.most);
    this.pieceBytes = Math.max(1, Math.floor(chunkBytes / piecesPerChunk));
    this.#msPerByte = (seconds * 1_000) / chunkBytes;
    this.#mishaps = mishaps;
  }

  /** Whether a chunk was stored among the last PUTs that began: a sender that adapts stores some. */
  get isStoring(): boolean {
    return this.#mishaps.isCalm || this.#begunSinceStored <= mostBegunUnstored;
  }

  /** Counts a chunk that the upload host has stored. */
  countStored(): void {
    this.#begunSinceStored = 0;
  }

  /** Yields a body's pieces as fast as the line carries them. */
  async *carry(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const put = Symbol('PUT');
    // The source of a process that died never answers, so that the loop may not end.
    const leave = () => void this.#inFlight.delete(put);
    signal.addEventListener('abort', leave, { once: true });
    this.#inFlight.add(put);
    let isBegun = false;
    try {
      for await (const piece of body) {
        // A PUT whose source gives nothing never takes the line.
        if (!isBegun) this.#begunSinceStored++;
        isBegun = true;
        const ms = piece.byteLength * this.#msPerByte * this.#inFlight.size;
        if (!this.#mishaps.isCalm) await systemClock.sleep(Math.ceil(ms), signal);
        yield piece;
      }
    } finally {
      leave();
    }
  }
}
