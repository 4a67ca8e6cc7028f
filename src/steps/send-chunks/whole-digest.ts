import { createHash, type Hash } from 'node:crypto';

/** The running MD5 of a whole object, for a call that sends all chunks in order. */
export class WholeDigest {
  /** The digest of the chunks before `#next`. */
  #hash = createHash('md5');
  #next = 1;
  #reading: Hash | undefined;

  /**
   * Begins a reading of a chunk. Returns the digest to add its bytes to; undefined if this call has not sent
   * every chunk before it.
   */
  begin(index: number): Hash | undefined {
    this.#reading = index === this.#next ? this.#hash.copy() : undefined;
    return this.#reading;
  }

  /** Ends a chunk: its last reading was complete, and the service has the bytes. */
  end(index: number): void {
    if (index !== this.#next || !this.#reading) return;
    this.#hash = this.#reading;
    this.#next += 1;
  }

  /** Returns the MD5 in hex after the last of `chunks` chunks; before, or if one is missing, undefined. */
  hexAfter(chunks: number): string | undefined {
    return this.#next === chunks + 1 ? this.#hash.copy().digest('hex') : undefined;
  }
}
