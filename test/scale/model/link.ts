import { assumptions } from './assumptions.ts';
import type { LoadContext } from './load-context.ts';

/** The connection of one sandbox: its chunks in flight share one rate. */
export class Link {
  inFlight = 0;
  readonly #context: LoadContext;
  #freeAt = 0;

  constructor(context: LoadContext) {
    this.#context = context;
  }

  /** Returns how long a chunk takes from now, in ms: after the chunks before it, and with the reply. */
  reserve(sizeBytes: number): number {
    const { clock, random } = this.#context;
    const now = clock.now();
    const movesMs = (sizeBytes / assumptions.sendBytesPerSecond) * 1000;
    this.#freeAt = Math.max(now, this.#freeAt) + movesMs;
    const [least, most] = assumptions.chunkMs;
    return this.#freeAt - now + least + random() * (most - least);
  }
}
