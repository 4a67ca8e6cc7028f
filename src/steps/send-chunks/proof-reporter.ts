import { errorMeans } from '#src/core/errors/error-meanings.ts';
import { asTransferError, type TransferError } from '#src/core/errors/transfer-error.ts';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import { isProven } from '#src/core/transfer/upload-rows.ts';
import { reportInBatches } from '#src/step-support/report-in-batches.ts';
import { countRetry, retryCauseOf } from '#src/step-support/retry-counts.ts';
import type { SendContext } from './send-context.ts';

/**
 * Reports the proofs of one call while its chunks are sent, one report at a time. It receives a proof only
 * after the proof's row is written. A failed report ends the reports of this call: the next call, or
 * ConfirmUpload, reports what has no receipt.
 */
export class ProofReporter {
  readonly #context: SendContext;
  readonly #onError: (error: TransferError) => void;
  readonly #batchSize: number;
  #waiting: ChunkProof[];
  #running: Promise<void> | undefined;
  #error: TransferError | undefined;

  /** @param onError - receives the error of a report, while chunks may still be sent */
  constructor(context: SendContext, onError: (error: TransferError) => void) {
    this.#context = context;
    this.#onError = onError;
    this.#batchSize = context.ports.destination.traits.maxProofsPerReport;
    this.#waiting = withoutReceipt(context);
    this.#reportFullBatch();
  }

  /** Adds a stored proof, and starts a report if a batch is full. */
  add(proof: ChunkProof): void {
    this.#waiting.push(proof);
    this.#reportFullBatch();
  }

  /** Waits for the report under way. */
  async settle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /** Reports everything that is left. Returns the error if a report failed. */
  async finish(): Promise<TransferError | undefined> {
    await this.settle();
    if (!this.#error && this.#waiting.length > 0) await this.#report(this.#waiting.splice(0));
    return this.#error;
  }

  #reportFullBatch(): void {
    const isFull = this.#batchSize > 0 && this.#waiting.length >= this.#batchSize;
    if (!isFull || this.#running || this.#error) return;
    this.#running = this.#report(this.#waiting.splice(0, this.#batchSize)).finally(() => {
      this.#running = undefined;
      this.#reportFullBatch();
    });
  }

  async #report(proofs: readonly ChunkProof[]): Promise<void> {
    const { transfer, record } = this.#context;
    try {
      const inOrder = proofs.toSorted((a, b) => a.index - b.index);
      await reportInBatches(this.#context, transfer.transferId, record, inOrder);
    } catch (thrown) {
      this.#giveUp(asTransferError(thrown));
    }
  }

  #giveUp(error: TransferError): void {
    const { ports, transfer, rangeKey } = this.#context;
    const { transferId } = transfer;
    ports.log.warn('report given up', { transferId, range: rangeKey.n, error: error.name });
    if (errorMeans(error, 'throttled')) countRetry(this.#context, retryCauseOf(error));
    this.#error = error;
    this.#onError(error);
  }
}

/** Returns the proofs of earlier calls that no reply has accepted. */
function withoutReceipt({ rows, record }: SendContext): ChunkProof[] {
  const accepted = new Set(record.acceptedIndexes);
  return [...rows.values()].filter((row) => isProven(row) && !accepted.has(row.index));
}
