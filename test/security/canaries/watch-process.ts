import { TransferError } from '#src/core/errors/transfer-error.ts';
import { canarySearch } from './search.ts';
import { watchErrors } from './watch-errors.ts';
import { watchStream } from './watch-stream.ts';

// A worker runs many test files and evaluates this module once.
for (const stream of [process.stdout, process.stderr]) {
  watchStream(stream, (text) => canarySearch.searchText('printed', text));
}

/** The watch on every error of the catalogue that this process creates. */
export const errorWatch = watchErrors(
  TransferError,
  (text) => canarySearch.searchText('errors', text),
  (task) => canarySearch.atEnd(task),
);
