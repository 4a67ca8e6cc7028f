import { asTransferError, type TransferError } from '#src/core/errors/transfer-error.ts';
import { defaultChunksPerPage } from '#src/core/limits/limits.ts';
import { retryWithBackoff } from '#src/step-support/retry-with-backoff.ts';
import type { QueuedChunk } from './send-chunk.ts';
import type { SendContext } from './send-context.ts';

/**
 * The chunks of one call that are still to be sent, in order. Their URLs are fetched page by page, shortly
 * before their use: the next page while the last chunks of the page before it are sent.
 */
export class ChunkQueue {
  readonly #context: SendContext;
  /** Chunks that are sent at once: the next page is fetched when as many are left. */
  readonly #inFlight: number;
  readonly #pageLength: number;
  readonly #onError: (error: TransferError) => void;
  readonly #unprepared: number[];
  readonly #prepared: QueuedChunk[] = [];
  #page: Promise<void> | undefined;

  /** @param onError - receives the error of a page that cannot be fetched; no further page follows */
  constructor(context: SendContext, inFlight: number, onError: (error: TransferError) => void) {
    this.#context = context;
    this.#inFlight = inFlight;
    const { traits } = context.ports.destination;
    this.#pageLength = traits.chunksPerPage ?? defaultChunksPerPage;
    this.#onError = onError;
    this.#unprepared = [...context.missing];
  }

  /** True if no chunk is left, or none whose URL can be fetched. */
  get isEmpty(): boolean {
    return this.#prepared.length === 0 && this.#unprepared.length === 0 && !this.#page;
  }

  /** Fetches the first page. */
  async open(): Promise<void> {
    this.#fetchAhead();
    await this.#page;
  }

  /** Removes and returns the next chunk, with its URL in memory; undefined if there is none. */
  async next(): Promise<QueuedChunk | undefined> {
    this.#fetchAhead();
    while (this.#prepared.length === 0 && this.#page) await this.#page;
    const chunk = this.#prepared.shift();
    this.#fetchAhead();
    return chunk;
  }

  /** Moves a chunk behind the others of its page: they may explain its mismatch. */
  postpone(chunk: QueuedChunk): void {
    this.#prepared.push({ ...chunk, isPostponed: true });
  }

  #fetchAhead(): void {
    if (this.#page || this.#unprepared.length === 0) return;
    if (this.#prepared.length > this.#inFlight) return;
    this.#page = this.#fetchPage(this.#unprepared.splice(0, this.#pageLength)).finally(() => {
      this.#page = undefined;
    });
  }

  async #fetchPage(indexes: readonly number[]): Promise<void> {
    const { ports, record, invocation } = this.#context;
    const { signal } = invocation;
    const prepare = () => ports.destination.prepareChunks(record.session, indexes, { signal });
    try {
      await retryWithBackoff(this.#context, prepare);
      this.#prepared.push(...indexes.map(queued));
    } catch (error) {
      this.#unprepared.length = 0;
      this.#onError(asTransferError(error));
    }
  }
}

function queued(index: number): QueuedChunk {
  return { index, isPostponed: false, mismatches: 0 };
}
