import { afterAll, afterEach } from 'vitest';
import './canaries/task-meta.ts';
import { canarySearch, describeFindings } from './canaries/search.ts';
import { errorWatch } from './canaries/watch-process.ts';

// Each file searches as much as in a process of its own.
errorWatch.restart();

afterEach(assertNoFindings);
// biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern which fixtures to make
afterAll(({}, file) => {
  file.meta.searched = canarySearch.takeCounts();
  assertNoFindings();
});

/** Fails a test that showed a secret. */
function assertNoFindings(): void {
  const findings = canarySearch.takeFindings();
  if (findings.length > 0) throw new Error(describeFindings(findings));
}
