/** Why a run is over although its states would go on. */
export interface EndingReason {
  readonly status: 'FAILED' | 'ABORTED';
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

/** The end of a run, known to all that works for it. */
export interface RunEnding {
  /** Set once the run was ended from outside its states. */
  readonly reason: EndingReason | undefined;
  /** Ends the run from outside: what is guarded is rejected now, and so is whatever comes later. */
  end(reason: EndingReason): void;
  /** The states came to their own end: whatever is left or comes later is rejected. */
  close(): void;
  /** Runs `task` when the run is ended from outside, now if it was already. */
  whenEnded(task: () => void): void;
  /** Starts work unless the run is over; rejects as soon as the run is. */
  guard<T>(start: () => Promise<T>): Promise<T>;
}

/** Makes the ending of one run. */
export function createRunEnding(): RunEnding {
  const rejecters = new Set<(error: Error) => void>();
  const tasks: (() => void)[] = [];
  let reason: EndingReason | undefined;
  let over = false;

  function close(): void {
    over = true;
    for (const reject of rejecters) reject(runOver(reason));
    rejecters.clear();
  }

  function end(why: EndingReason): void {
    if (reason) return;
    reason = why;
    close();
    for (const task of tasks) task();
  }

  function whenEnded(task: () => void): void {
    if (reason) task();
    else tasks.push(task);
  }

  function guard<T>(start: () => Promise<T>): Promise<T> {
    if (over) return Promise.reject(runOver(reason));
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    rejecters.add(reject);
    start()
      .then(resolve, reject)
      .finally(() => rejecters.delete(reject));
    return promise;
  }

  return {
    get reason() {
      return reason;
    },
    end,
    close,
    whenEnded,
    guard,
  };
}

/**
 * An error past every Retry and Catch, as the service's States.Runtime is: the interpreter asks
 * whatever is thrown for these two properties.
 */
export function uncatchable(name: string, cause: string): Error {
  return Object.assign(new Error(cause), { name, isRetryable: false, isCatchable: false });
}

function runOver(reason: EndingReason | undefined): Error {
  return uncatchable(reason?.error ?? 'States.Runtime', reason?.cause ?? 'the run is over');
}
