import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Folders with the longest files. The last file to start decides when the run ends. The tests of `reported` and `e2e`
 * wait much: next to the seeds of the simulation, which never wait, no core is idle.
 */
const longest = [
  'test/simulation/',
  'test/crash-points/',
  'test/reported/',
  'test/e2e/',
  'test/commands/',
  'test/conformance/',
  'test/security/',
  'test/infra/',
  'test/cli/',
  'test/aws/',
];

/** Starts the longest files first; within a folder as vitest does, by the times of the last run. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = longest.findIndex((folder) => moduleId.includes(folder));
  return rank === -1 ? longest.length : rank;
}
