import type { Reporter, TestModule, Vitest } from 'vitest/node';
import { CanaryReport } from './security/canaries/report.ts';

/**
 * Ends a run with `N passed, N failed`; a file that can't load, an unhandled error and each secret
 * that the run has shown count as failed.
 */
export default class TotalsReporter implements Reporter {
  readonly #canaries = new CanaryReport();
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
    this.#canaries.watch(process.stdout, process.stderr);
  }

  onUserConsoleLog({ taskId, content }: Parameters<NonNullable<Reporter['onUserConsoleLog']>>[0]) {
    if (this.#vitest) this.#canaries.logged(this.#vitest, taskId, content);
  }

  onTestModuleEnd(module: TestModule): void {
    this.#canaries.ended(module);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    this.#canaries.unhandled(unhandledErrors);
    const { searched, leaks } = this.#canaries.end();
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
    for (const leak of leaks) console.log(`a secret was shown by ${leak}`);
    if (leaks.length > 0) process.exitCode = 1;
    for (const line of folderLines(modules)) console.log(line);
    console.log(searched);
    console.log(`${passed} passed, ${failed + leaks.length} failed`);
  }
}

/** Returns one line for each folder of tests: how many ran, how many failed, and how long they took. */
function folderLines(modules: readonly TestModule[]): string[] {
  const folders = new Map<string, TestModule[]>();
  for (const module of modules) {
    const [, folder = ''] = module.relativeModuleId.split('/');
    folders.set(folder, [...(folders.get(folder) ?? []), module]);
  }
  return [...folders].sort().map(([folder, ofFolder]) => folderLine(folder, ofFolder));
}

function folderLine(folder: string, modules: readonly TestModule[]): string {
  const states = modules.flatMap((module) =>
    [...module.children.allTests()].map((test) => test.result().state),
  );
  const failed = states.filter((state) => state === 'failed').length;
  const milliseconds = modules.reduce((sum, module) => sum + module.diagnostic().duration, 0);
  const seconds = (milliseconds / 1000).toFixed(1);
  const failures = failed > 0 ? `, ${failed} failed` : '';
  return `${folder.padEnd(24)} ${states.length} tests${failures}, ${seconds} s`;
}
