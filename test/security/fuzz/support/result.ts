import { isErrorName } from '#src/core/errors/error-lookup.ts';
import { isTransferError, TransferError } from '#src/core/errors/transfer-error.ts';

/** The result of one input: valid work, or an error of the catalogue. */
export type FuzzResult<T> =
  | { readonly kind: 'work'; readonly value: T }
  | { readonly kind: 'rejected'; readonly error: TransferError };

/** Maximum duration of one input, in ms: many times the slowest input on a busy machine. */
export const maxInputMs = 5_000;

/** Maximum length of a message, in characters: Step Functions stores 32,768 of a cause. */
export const maxMessageLength = 4_000;

/**
 * Tries one input and classifies its result.
 * @throws Error - the error is not in the catalogue, is an UnexpectedError, has an unbounded message,
 * or the input took too long
 */
export async function classify<T>(attempt: () => Promise<T>): Promise<FuzzResult<T>> {
  const startedAt = performance.now();
  const result = await tried(attempt);
  const tookMs = performance.now() - startedAt;
  if (tookMs > maxInputMs) throw new Error(`one input took ${Math.round(tookMs)} ms`);
  if (result.kind === 'rejected') assertUsableError(result.error);
  return result;
}

async function tried<T>(attempt: () => Promise<T>): Promise<FuzzResult<T>> {
  try {
    return { kind: 'work', value: await withTimeout(attempt()) };
  } catch (error) {
    if (error instanceof TransferError) return { kind: 'rejected', error };
    throw new Error(`not an error of the catalogue: ${String(error)}`, { cause: error });
  }
}

/** Rejects if the promise does not settle in time. */
async function withTimeout<T>(promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('the input does not end')), maxInputMs);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Checks that an error is fit for a user. */
export function assertUsableError(error: unknown): asserts error is TransferError {
  if (!isTransferError(error)) throw new Error(`not an error of the catalogue: ${String(error)}`);
  if (!isErrorName(error.name)) throw new Error(`${error.name} is not in the catalogue`);
  if (error.name === 'UnexpectedError') {
    throw new Error(`a bad input caused UnexpectedError: ${error.message.slice(0, 300)}`, {
      cause: error,
    });
  }
  if (error.message.length <= maxMessageLength) return;
  const { length } = error.message;
  throw new Error(
    `${error.name} has a message of ${length} characters: ${error.message.slice(0, 200)}…`,
  );
}
