import { afterAll, afterEach } from 'vitest';
import { TransferError } from '#src/core/errors/errors.ts';
import { watchErrors } from './canaries/watch-errors.ts';
import './canaries/task-meta.ts';
import { canarySearch, describeFindings } from './canaries/search.ts';
import { watchStream } from './canaries/watch-stream.ts';

for (const stream of [process.stdout, process.stderr]) {
  watchStream(stream, (text) => canarySearch.searchText('printed', text));
}
watchErrors(
  TransferError,
  (text) => canarySearch.searchText('errors', text),
  (task) => canarySearch.atEnd(task),
);

afterEach(assertNoFindings);
// biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern which fixtures to make
afterAll(({}, file) => {
  file.meta.searched = canarySearch.counts;
  assertNoFindings();
});

/** Fails a test that showed a secret. */
function assertNoFindings(): void {
  const findings = canarySearch.takeFindings();
  if (findings.length > 0) throw new Error(describeFindings(findings));
}
