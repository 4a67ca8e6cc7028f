import { within } from './waiting.ts';

/** A check of the deployed stacks. */
export interface Check {
  /** The expected behaviour, as a sentence. */
  readonly name: string;
  /** Performs the check. Throws if the behaviour differs. */
  readonly run: () => Promise<void>;
}

/** The time limit of a check. The slowest, three deployments, takes a fifth of it on an idle machine. */
const limitSeconds = 300;

/** Runs checks, counts them and prints their results. */
export class Checks {
  passed = 0;
  failed = 0;
  /** Whether a signal ended the run. */
  isSilent = false;

  /** Runs a check. Prints one line, and the reason of a failure. Returns whether it passed. */
  async run({ name, run }: Check): Promise<boolean> {
    const startedAt = performance.now();
    const failure = await within(limitSeconds, run()).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    this.#print(`${failure === undefined ? 'ok  ' : 'FAIL'} ${name}  ${seconds} s`);
    if (failure === undefined) this.passed += 1;
    else this.#fail(failure);
    return failure === undefined;
  }

  /** Counts checks that could not run as failed. */
  skip(checks: readonly Check[], reason: string): void {
    for (const { name } of checks) {
      this.#print(`FAIL ${name}`);
      this.#fail(reason);
    }
  }

  /** Prints the totals. */
  summarize(): void {
    this.#print(`\n${this.passed} passed, ${this.failed} failed`);
  }

  /** Prints a line, unless a signal ended the run: the following failures are consequences. */
  #print(line: string): void {
    if (!this.isSilent) console.log(line);
  }

  #fail(reason: string): void {
    this.failed += 1;
    this.#print(reason.replaceAll(/^/gm, '       '));
  }
}
