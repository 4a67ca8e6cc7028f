import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with `N passed, N failed`; a file that can't load and an unhandled error count as failed. */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const states = tests.map((test) => test.result().state);
    const passed = states.filter((state) => state === 'passed').length;
    const broken = modules.filter((module) => module.errors().length > 0).length;
    const failed =
      states.filter((state) => state === 'failed').length + broken + unhandledErrors.length;
    for (const test of tests) {
      if (test.result().state === 'skipped')
        console.log(`skipped: ${test.module.moduleId} > ${test.fullName}`);
    }
    console.log(`${passed} passed, ${failed} failed`);
  }
}
