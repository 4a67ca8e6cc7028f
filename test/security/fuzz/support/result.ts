import { isErrorName, isTransferError, TransferError } from '#src/core/errors/errors.ts';

/** How one input ended: in valid work, or refused by name. */
export type Verdict<T> =
  | { readonly kind: 'work'; readonly value: T }
  | { readonly kind: 'refused'; readonly error: TransferError };

/** One input may take this long, in ms: many times what the slowest needs, on a busy machine. */
export const maxInputMs = 5_000;

/** Characters of a message: Step Functions keeps 32,768 of a cause, a log line has more to tell. */
export const maxMessageLength = 4_000;

/**
 * Tries one input and judges how it ended.
 * @throws Error - the product threw what is none of its errors, called its own bug what was a bad
 * input, told a message without bounds, or took too long
 */
export async function judge<T>(attempt: () => Promise<T>): Promise<Verdict<T>> {
  const startedAt = performance.now();
  const verdict = await tried(attempt);
  const tookMs = performance.now() - startedAt;
  if (tookMs > maxInputMs) throw new Error(`one input took ${Math.round(tookMs)} ms`);
  if (verdict.kind === 'refused') checkRefusal(verdict.error);
  return verdict;
}

async function tried<T>(attempt: () => Promise<T>): Promise<Verdict<T>> {
  try {
    return { kind: 'work', value: await inTime(attempt()) };
  } catch (error) {
    if (error instanceof TransferError) return { kind: 'refused', error };
    throw new Error(`not an error of ours: ${String(error)}`, { cause: error });
  }
}

/** A promise that nobody ever settles must not hold up the run that is to find it. */
async function inTime<T>(promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('it never ends')), maxInputMs);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** An error that is fit to be told to a person. */
export function checkRefusal(error: unknown): asserts error is TransferError {
  if (!isTransferError(error)) throw new Error(`not an error of ours: ${String(error)}`);
  if (!isErrorName(error.name)) throw new Error(`${error.name} is in no catalogue`);
  if (error.name === 'UnexpectedError') {
    throw new Error(`a bad input is called a bug of ours: ${error.message.slice(0, 300)}`, {
      cause: error,
    });
  }
  if (error.message.length <= maxMessageLength) return;
  const { length } = error.message;
  throw new Error(`${error.name} tells ${length} characters: ${error.message.slice(0, 200)}…`);
}
