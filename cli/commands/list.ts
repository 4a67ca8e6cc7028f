import { Command, InvalidArgumentError } from 'commander';
import { formatBytes } from '#local/terminal/size.ts';
import {
  type TransferRecord,
  type TransferState,
  transferStates,
} from '#src/core/transfer/transfer.ts';
import { type Context, jsonResult, note, result } from '../context.ts';
import type { Ending } from '../exit-codes.ts';
import {
  addExamples,
  addJsonOption,
  addPlaceOptions,
  type PlaceFlags,
  parseWhole,
  sinceOption,
} from '../options.ts';
import { type Column, tableOf } from '../output/table.ts';
import { agoText, counted } from '../output/words.ts';
import { listTransfers } from '../transfers/list-transfers.ts';
import { openPlace } from '../transfers/place.ts';
import { shortId, transferJson, urlOf } from '../transfers/transfer-view.ts';
import type { CreateCommand } from './registry.ts';

interface Flags extends PlaceFlags {
  readonly state?: readonly TransferState[];
  readonly since: number;
  readonly bucket?: string;
  readonly limit: number;
  readonly json?: boolean;
}

const columns: readonly Column[] = [
  { title: 'ID', importance: 1 },
  { title: 'STATE', importance: 0 },
  { title: 'OBJECT', importance: 0, isFlexible: true },
  { title: 'SIZE', importance: 3, align: 'right' },
  { title: 'CHANGED', importance: 2, align: 'right' },
  { title: 'ERROR', importance: 4 },
];

/** Creates `chunkferry list`. */
export const listCommand: CreateCommand = (context, onEnd) => {
  const command = new Command()
    .description(
      'Lists transfers, newest change first. Queued and active transfers are always listed; all others if they changed within --since. Reads only the rows of the table.',
    )
    .option(
      '--state <states>',
      `only these states, with commas: ${transferStates.join(', ')}`,
      parseStates,
    )
    .addOption(sinceOption('how far back', '1d'))
    .option('--bucket <name>', 'only objects of this bucket')
    .option('--limit <number>', 'at most this many transfers', parseWhole(1, 10_000), 100)
    .action(async (flags: Flags) => onEnd(await list(flags, context)));
  addJsonOption(addPlaceOptions(command));
  return addExamples(command, [
    ['list', 'what moves, what waits, and what ended in the last day'],
    ['list --state failed --since 7d --json', 'the failures of a week, as JSON'],
    ['list --local', 'the local runs of this computer'],
  ]);
};

function parseStates(text: string): TransferState[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !transferStates.some((state) => state === name));
  if (unknown === undefined) return names as TransferState[];
  throw new InvalidArgumentError(
    `Unknown state ${JSON.stringify(unknown)}. Use ${transferStates.join(', ')}.`,
  );
}

async function list(flags: Flags, context: Context): Promise<Ending> {
  const place = await openPlace(flags, context);
  const now = context.clock.now();
  const query = { ...flags, states: flags.state ?? transferStates, since: now - flags.since };
  const found: TransferRecord[] = [];
  for await (const table of place.tables()) found.push(...(await listTransfers(table, query, now)));
  const records = found.sort((a, b) => b.changedAt - a.changedAt).slice(0, flags.limit);
  if (flags.json) jsonResult(context, { version: 1, transfers: records.map(transferJson) });
  else print(records, context, place.title, flags.limit);
  return 'done';
}

function print(
  records: readonly TransferRecord[],
  context: Context,
  title: string,
  limit: number,
): void {
  const { stdout } = context.io;
  const now = context.clock.now();
  note(context, title);
  if (records.length === 0) {
    note(context, 'No transfers. Use --since 30d to look further back.');
    return;
  }
  const rows = records.map((record) => [
    stdout.isTTY ? shortId(record) : record.transferId,
    record.state,
    urlOf(record),
    formatBytes(record.source.sizeBytes),
    agoText(record.changedAt, now),
    String(record.outcome?.error ?? ''),
  ]);
  result(context, tableOf(columns, rows, stdout));
  const more = records.length === limit ? ' Use --limit to see more.' : '';
  note(context, `${counted(records.length, 'transfer')}.${more}`);
}
