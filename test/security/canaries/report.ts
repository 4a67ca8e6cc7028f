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
 * Searches all that a run prints for canaries: what its tests log, what their errors say, and every
 * byte that this process and its workers write, whoever wrote it.
 */
export class CanaryReport {
  readonly #search = new CanarySearch();
  /** Of what files had searched themselves. */
  readonly #counts: Counts = {};
  readonly #leaks = new Set<string>();
  readonly #restores: (() => void)[] = [];
  #written = 0;

  /** Sees everything written from now on. */
  watch(...streams: NodeJS.WriteStream[]): void {
    for (const stream of streams) {
      this.#restores.push(watchStream(stream, (text) => this.#look('the run', text)));
    }
  }

  /** What a test logged. */
  logged(vitest: Vitest, taskId: string | undefined, text: string): void {
    const task = taskId === undefined ? undefined : vitest.state.idMap.get(taskId);
    this.#look(task ? relative(vitest.config.root, task.file.filepath) : 'the run', text);
  }

  /** What a file's tests ended with, and what they had searched. */
  ended(module: TestModule): void {
    addCounts(this.#counts, module.meta().searched ?? {});
    const file = module.relativeModuleId;
    for (const error of errorsOf(module)) this.#look(file, dumpOf(error));
  }

  /** What no test is to blame for. */
  unhandled(errors: readonly unknown[]): void {
    for (const error of errors) this.#look('an unhandled error', dumpOf(error));
  }

  /** What was searched, a line, and each leak, a line; no more is watched. */
  end(): { readonly searched: string; readonly leaks: readonly string[] } {
    for (const restore of this.#restores) restore();
    const kilobytes = Math.ceil(this.#written / 1000);
    const searched = `searched for canaries: ${kilobytes} KB of output, ${describeCounts(this.#counts)}`;
    return { searched, leaks: [...this.#leaks] };
  }

  #look(who: string, text: string): void {
    this.#written += text.length;
    this.#search.searchText('printed', text);
    for (const finding of this.#search.takeFindings())
      this.#leaks.add(`${who}: ${describeFinding(finding)}`);
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
