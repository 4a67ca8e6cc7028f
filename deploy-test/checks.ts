import { within } from './waiting.ts';

/** Something that is shown by doing it; it throws where it can't be shown. */
export interface Check {
  /** The behaviour, as a sentence. */
  readonly name: string;
  readonly show: () => Promise<void>;
}

/** No check takes longer: the slowest, three deployments, takes a fifth of it on a free machine. */
const limitSeconds = 300;

/** Counts and prints what was shown. */
export class Checks {
  passed = 0;
  failed = 0;
  /** Whether something else than the checks has ended the run. */
  silent = false;

  /** Prints one line, and why where it fails. */
  async run({ name, show }: Check): Promise<boolean> {
    const began = performance.now();
    const failure = await within(limitSeconds, show()).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    this.#print(`${failure === undefined ? 'ok  ' : 'FAIL'} ${name}  ${seconds} s`);
    if (failure === undefined) this.passed += 1;
    else this.#fail(failure);
    return failure === undefined;
  }

  /** What could not be tried is not passed. */
  leaveOut(checks: readonly Check[], why: string): void {
    for (const { name } of checks) {
      this.#print(`FAIL ${name}`);
      this.#fail(why);
    }
  }

  /** The last line. */
  summarize(): void {
    this.#print(`\n${this.passed} passed, ${this.failed} failed`);
  }

  /** What fails because all is being ended has not failed. */
  #print(line: string): void {
    if (!this.silent) console.log(line);
  }

  #fail(why: string): void {
    this.failed += 1;
    this.#print(why.replaceAll(/^/gm, '       '));
  }
}
