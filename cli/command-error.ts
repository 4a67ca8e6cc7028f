import type { Ending } from './exit-codes.ts';

/** An error of a command: one line that names the value and what to do, and the exit code. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly ending: Ending;

  /** @param message - complete sentences: what failed, the value, what must hold, what to do */
  constructor(ending: Ending, message: string, options?: ErrorOptions) {
    super(message, options);
    this.ending = ending;
  }
}
