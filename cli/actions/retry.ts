import { formatBytes } from '#local/terminal/size.ts';
import type { TransferState } from '#src/core/transfer/transfer-row.ts';
import { CommandError } from '../command-error.ts';
import { confirm } from '../confirm.ts';
import { type Context, printJson, printNote, printResult } from '../context.ts';
import type { Ending } from '../exit-codes.ts';
import type { PlaceFlags } from '../options.ts';
import { counted } from '../output/words.ts';
import { openExecutions } from '../stack/executions.ts';
import { findTransfer } from '../transfers/find-transfer.ts';
import { listTransfers } from '../transfers/list-transfers.ts';
import { openPlace, type Place } from '../transfers/place.ts';
import { retryTransfer, type Started } from '../transfers/retry-transfers.ts';
import { movedAgain, readDetails, type TransferDetails } from '../transfers/transfer-details.ts';
import { urlOf } from '../transfers/transfer-view.ts';

export interface Flags extends PlaceFlags {
  readonly failed?: boolean;
  readonly error?: string;
  readonly since: number;
  readonly limit: number;
  readonly json?: boolean;
  readonly yes?: boolean;
}

/** The states from which a new start continues. */
const retryable: readonly TransferState[] = ['failed', 'rejected', 'cancelled'];

export async function retry(
  name: string | undefined,
  flags: Flags,
  context: Context,
): Promise<Ending> {
  if ((name === undefined) === !flags.failed)
    throw new CommandError(
      'usage',
      'Invalid call of retry: it needs either a transfer or --failed. Use retry <id> or retry --failed.',
    );
  const place = await openPlace(flags, context);
  const now = context.clock.now();
  const chosen =
    name === undefined
      ? await listFailures(place, flags, now)
      : [await findTransfer(place, name, now)];
  const continued = chosen.filter(({ record }) => retryable.includes(record.state));
  for (const { record } of chosen.filter((details) => !continued.includes(details)))
    printNote(context, `${urlOf(record)} is ${record.state}: nothing to retry.`);
  if (continued.length > 0) await confirm(planOf(continued, place, now), flags, context);
  await startAll(continued, place, now, (started) => printStarted(started, flags, context));
  return 'done';
}

/** Starts one after the other. Calls `print` with what was started, also if a later start fails. */
async function startAll(
  chosen: readonly TransferDetails[],
  { stack }: Place,
  now: number,
  print: (started: readonly Started[]) => void,
): Promise<void> {
  const executions = stack && openExecutions(stack);
  const started: Started[] = [];
  try {
    for (const { record } of chosen)
      if (executions) started.push(await retryTransfer(executions, record, now));
  } finally {
    print(started);
  }
}

function printStarted(started: readonly Started[], { json }: Flags, context: Context): void {
  if (json) printJson(context, { version: 1, started });
  else if (started.length > 0)
    printResult(context, started.map(({ execution }) => execution).join('\n'));
  else printNote(context, 'Nothing was started.');
}

/** Returns the newest failure of each object. */
async function listFailures(place: Place, { since, limit, error }: Flags, now: number) {
  const query = { states: ['failed', 'rejected'], since: now - since, error, limit } as const;
  const found = new Map<string, TransferDetails>();
  for await (const table of place.tables())
    for (const record of await listTransfers(table, query, now)) {
      const { bucket, key, versionId = '' } = record.source;
      const object = JSON.stringify([bucket, key, versionId]);
      if (!found.has(object)) found.set(object, await readDetails(table, record));
    }
  return [...found.values()];
}

/** Transfers that the plan names; more are counted only. */
const mostNamed = 20;

function planOf(chosen: readonly TransferDetails[], { title }: Place, now: number): string[] {
  const named = chosen
    .slice(0, mostNamed)
    .map((details) => `  ${urlOf(details.record)}  ${movedAgain(details, now)}`);
  const rest = chosen.length - named.length;
  const bytes = chosen.reduce((sum, { record }) => sum + record.source.sizeBytes, 0);
  return [
    title,
    `Starts ${counted(chosen.length, 'transfer')} again, ${formatBytes(bytes)} in all:`,
    ...named,
    ...(rest > 0 ? [`  …and ${rest} more`] : []),
  ];
}
