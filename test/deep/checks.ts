/** Counts and prints the checks of a deep test. */
export interface Checks {
  /** Prints one line; `why` names the measurement. */
  check(name: string, isGood: boolean, why: string): void;
  /** Prints the last line and returns the exit code. */
  end(): number;
}

export function createChecks(print: (line: string) => void = console.log): Checks {
  let passed = 0;
  let failed = 0;
  return {
    check(name, isGood, why) {
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
