import { relative } from 'node:path';
import type { TestCase, TestModule, TestSuite, Vitest } from 'vitest/node';
import {
  addCounts,
  CanarySearch,
  type Counts,
  describeCounts,
  describeFinding,
  dumpOf,
} from './search.ts';
import { watchStream } from './watch-stream.ts';
import './task-meta.ts';

/**
 * Searches the output of a run for canaries: the logs of tests, their errors, and every byte that this
 * process and its workers write.
 */
export class CanaryReport {
  readonly #canaries = new CanarySearch();
  /** The counts of the searches in test files. */
  readonly #counts: Counts = {};
  readonly #leaks = new Set<string>();
  readonly #restores: (() => void)[] = [];
  #written = 0;

  /** Searches everything written to the streams from now on. */
  watch(...streams: NodeJS.WriteStream[]): void {
    for (const stream of streams) {
      this.#restores.push(watchStream(stream, (text) => this.#search('the run', text)));
    }
  }

  /** Searches the log of a test. */
  logged(vitest: Vitest, taskId: string | undefined, text: string): void {
    const task = taskId === undefined ? undefined : vitest.state.idMap.get(taskId);
    this.#search(task ? relative(vitest.config.root, task.file.filepath) : 'the run', text);
  }

  /** Searches the errors of a test file and adds its counts. */
  ended(module: TestModule): void {
    addCounts(this.#counts, module.meta().searched ?? {});
    const file = module.relativeModuleId;
    for (const error of errorsOf(module)) this.#search(file, dumpOf(error));
  }

  /** Searches errors outside of tests. */
  unhandled(errors: readonly unknown[]): void {
    for (const error of errors) this.#search('an unhandled error', dumpOf(error));
  }

  /** Ends the search; returns a summary line and one line for each leak. */
  end(): { readonly searched: string; readonly leaks: readonly string[] } {
    for (const restore of this.#restores) restore();
    const kilobytes = Math.ceil(this.#written / 1000);
    const searched = `searched for canaries: ${kilobytes} KB of output, ${describeCounts(this.#counts)}`;
    return { searched, leaks: [...this.#leaks] };
  }

  #search(origin: string, text: string): void {
    this.#written += text.length;
    this.#canaries.searchText('printed', text);
    for (const finding of this.#canaries.takeFindings())
      this.#leaks.add(`${origin}: ${describeFinding(finding)}`);
  }
}

function errorsOf(module: TestModule): unknown[] {
  const parts: (TestModule | TestSuite | TestCase)[] = [
    module,
    ...module.children.allSuites(),
    ...module.children.allTests(),
  ];
  return parts.flatMap((part) =>
    part.type === 'test' ? (part.result().errors ?? []) : part.errors(),
  );
}
