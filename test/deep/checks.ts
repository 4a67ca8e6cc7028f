/** Counts and prints what a deep test found. */
export interface Verdicts {
  /** Prints one line; `why` says what was measured. */
  judge(name: string, isGood: boolean, why: string): void;
  /** Prints the last line and returns the exit code. */
  end(): number;
}

export function createVerdicts(print: (line: string) => void = console.log): Verdicts {
  let passed = 0;
  let failed = 0;
  return {
    judge(name, isGood, why) {
      if (isGood) passed += 1;
      else failed += 1;
      print(`${isGood ? 'ok  ' : 'FAIL'} ${name}: ${why}`);
    },
    end() {
      print(`\n${passed} passed, ${failed} failed`);
      return failed === 0 ? 0 : 1;
    },
  };
}
