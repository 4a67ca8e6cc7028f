/** The reason for an end of a run from outside its states. */
export interface EndingReason {
  readonly status: 'FAILED' | 'ABORTED';
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

/** The end of a run. All components of the run share it. */
export interface RunEnding {
  /** Set after an end from outside. */
  readonly reason: EndingReason | undefined;
  /** Ends the run from outside. Rejects all guarded work, also later work. */
  end(reason: EndingReason): void;
  /** Records the regular end of the run. Rejects remaining and later work. */
  close(): void;
  /** Runs `task` at an end from outside; at once if it has happened. */
  whenEnded(task: () => void): void;
  /** Starts work unless the run is over. Rejects as soon as the run is over. */
  guard<T>(start: () => Promise<T>): Promise<T>;
}

/** Creates the ending of one run. */
export function createRunEnding(): RunEnding {
  const rejecters = new Set<(error: Error) => void>();
  const tasks: (() => void)[] = [];
  let reason: EndingReason | undefined;
  let isOver = false;

  function close(): void {
    isOver = true;
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
    if (isOver) return Promise.reject(runOver(reason));
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
 * Returns an error that no Retry and no Catch handles, like the service's States.Runtime. The interpreter
 * reads these two properties of a thrown value.
 */
export function uncatchableError(name: string, cause: string): Error {
  return Object.assign(new Error(cause), { name, isRetryable: false, isCatchable: false });
}

function runOver(reason: EndingReason | undefined): Error {
  return uncatchableError(reason?.error ?? 'States.Runtime', reason?.cause ?? 'The run is over');
}
