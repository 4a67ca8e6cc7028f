import { tmpdir } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseSize } from '#local/terminal/size.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { type Row, rows } from './plan/rows.ts';
import { toolsVariable } from './rivals/go-tools.ts';

export interface Flags {
  readonly smoke?: boolean;
  readonly cost?: boolean;
  readonly record?: boolean;
  readonly sizes?: string;
  readonly rows?: string;
  readonly runs: number;
  readonly tools?: string;
  readonly directory: string;
}

/** Returns the command line of the bench. */
export function benchCommand(action: (flags: Flags) => Promise<void>): Command {
  return new Command('npm run bench --')
    .description(
      'Measures the send path and other ways of moving the same bytes, on local servers. Counts the calls and the bill of a transfer.',
    )
    .option('--smoke', 'a short check: every mover once with 64 MiB, and all call counts')
    .option('--cost', 'count every billed unit of transfers, and price them')
    .option('--record', 'write the results into bench/results/performance.json')
    .option('--sizes <sizes>', 'only rows of these object sizes, comma-separated, such as 2GiB')
    .option('--rows <ids>', 'only these rows, comma-separated')
    .option('--runs <count>', 'runs of each mover', parseRuns, 9)
    .addOption(
      new Option('--tools <folder>', 'folder of versitygw and rclone; built there once').env(
        toolsVariable,
      ),
    )
    .option('--directory <path>', 'folder for the temporary objects', tmpdir())
    .addHelpText('after', helpText)
    .action(action);
}

const helpText = `
Rows: ${rows.map(({ id, isOptional }) => (isOptional ? `${id} (only if named)` : id)).join(', ')}

--smoke takes less than a minute and ignores --sizes, --rows and --runs. It proves that every mover
completes and that the call counts hold. Its speeds mean nothing: it checks no limit of speed, CPU time
or memory. The other runs need a quiet machine. With all rows, they take hours.

Each run prints what changed by more than 10 % since it was recorded. npm run docs:performance writes the
recorded results into docs/performance.md.

Exits with 1 if a mover fails or a call count does not hold. Limits of speed, CPU time and memory depend
on the machine: they are printed and do not change the exit code. A limit of the bill does change it.`;

function parseRuns(text: string): number {
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Must be a whole number from 1 to 99.');
}

/**
 * Returns the rows that the flags select.
 * @throws InvalidInputError - an unknown row, or no row has such a size
 */
export function selectedRows({ rows: ids, sizes }: Pick<Flags, 'rows' | 'sizes'>): Row[] {
  const named =
    ids === undefined ? rows.filter((row) => !row.isOptional) : ids.split(',').map(find);
  if (sizes === undefined) return [...named];
  const wanted = new Set(sizes.split(',').map((size) => parseSize(size, '--sizes')));
  const selected = named.filter(({ sizeBytes }) => wanted.has(sizeBytes));
  if (selected.length > 0) return selected;
  throw new TransferError(
    'InvalidInputError',
    `Invalid --sizes ${JSON.stringify(sizes)}: no row has such an object. See --help for the rows`,
  );
}

function find(id: string): Row {
  const row = rows.find((one) => one.id === id);
  if (row) return row;
  throw new TransferError(
    'InvalidInputError',
    `Invalid --rows: unknown row ${JSON.stringify(id)}. Rows: ${rows.map((one) => one.id).join(', ')}`,
  );
}
