import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders with the longest files. The last file to start decides when the run ends. */
const longest = [
  'test/simulation/',
  'test/crash-points/',
  'test/conformance/',
  'test/security/',
  'test/infra/',
  'test/cli/',
  'test/aws/',
];

/** Folders whose tests wait for more than half of their time. */
const waiting = ['test/reported/', 'test/e2e/', 'test/commands/'];

/**
 * Starts the longest files first; within a folder as vitest does, by the times of the last run. Files that wait
 * start one by one between the others: next to those, no core is idle.
 */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const works = sorted.filter((file) => !isOf(file, waiting));
    works.sort((a, b) => rankOf(a) - rankOf(b));
    return mixed(
      works,
      sorted.filter((file) => isOf(file, waiting)),
    );
  }
}

/** A file that waits takes about as long as this number of others. */
const worksPerWait = 3;

/** Returns some files that work, one that waits, and so on. */
function mixed(works: TestSpecification[], waits: TestSpecification[]): TestSpecification[] {
  const list = waits.flatMap((wait, i) => [
    ...works.slice(i * worksPerWait, (i + 1) * worksPerWait),
    wait,
  ]);
  return [...list, ...works.slice(waits.length * worksPerWait)];
}

function isOf({ moduleId }: TestSpecification, folders: readonly string[]): boolean {
  return folders.some((folder) => moduleId.includes(folder));
}

function rankOf(file: TestSpecification): number {
  const rank = longest.findIndex((folder) => isOf(file, [folder]));
  return rank === -1 ? longest.length : rank;
}
