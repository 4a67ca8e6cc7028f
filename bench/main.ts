import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '#local/commands/command-line.ts';
import { countCalls, reportCalls } from './cost/count-calls.ts';
import { runCost } from './cost/run-cost.ts';
import { type RowsResult, runRows } from './measure/run-rows.ts';
import { benchCommand, type Flags, selectedRows } from './options.ts';
import { evaluate } from './plan/measures.ts';
import { type Row, smokeRows } from './plan/rows.ts';
import { checkSizes } from './processes/films.ts';
import { changeLines, provenance, readResults, withNew, writeResults } from './report/record.ts';
import { findingLines, notes, rowTables } from './report/tables.ts';
import { toolsFolder } from './rivals/go-tools.ts';

const MiB = 1024 * 1024;

/** Enough for V8 to compile the hot code. */
const warmUpBytes = 64 * MiB;
const smokeWarmUpBytes = 16 * MiB;

await benchCommand((flags) => runCommand(() => bench(flags))).parseAsync();

async function bench(flags: Flags): Promise<number> {
  const rows = flags.smoke || flags.cost ? smokeRows : selectedRows(flags);
  await checkSizes([...new Set(rows.map(({ sizeBytes }) => sizeBytes))], flags.directory);
  const directory = await mkdtemp(join(flags.directory, 'chunkferry-bench-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void remove().then(() => process.exit(1)));
  }
  try {
    if (flags.cost) return await runCost({ directory, record: flags.record ?? false, print });
    return await (flags.smoke ? smoke(flags, directory) : compare(flags, rows, directory));
  } finally {
    await remove();
  }
}

/** Runs every mover once, and counts the calls of transfers. Returns the exit code. */
async function smoke(flags: Flags, directory: string): Promise<number> {
  await run(flags, smokeRows, directory, { runs: 1, warmUpBytes: smokeWarmUpBytes });
  print('Counting the calls of transfers.');
  return reportCalls(await countCalls(directory), write);
}

/** Runs rows and prints their tables, values and changes. */
async function compare(flags: Flags, rows: readonly Row[], directory: string): Promise<number> {
  const { outcomes, runs } = await run(flags, rows, directory, { runs: flags.runs, warmUpBytes });
  const findings = evaluate(runs);
  const results = readResults();
  write(`${rowTables(outcomes)}\n\n${notes.join('\n')}\n`);
  for (const line of findingLines(findings)) write(line);
  for (const line of changeLines(results.measures, findings)) write(line);
  if (flags.record) {
    const summaries = outcomes.flatMap((outcome) =>
      'summary' in outcome ? [[outcome.row.id, outcome.summary] as const] : [],
    );
    writeResults(withNew(results, Object.fromEntries(summaries), findings, provenance()));
    print('Recorded. npm run docs:performance writes the results into docs/performance.md.');
  }
  return 0;
}

function run(
  { tools }: Flags,
  rows: readonly Row[],
  directory: string,
  options: { readonly runs: number; readonly warmUpBytes: number },
): Promise<RowsResult> {
  return runRows(rows, { directory, tools: toolsFolder(tools), print, ...options });
}

/** Prints a result. */
function write(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Prints progress. */
function print(line: string): void {
  process.stderr.write(`${line}\n`);
}
