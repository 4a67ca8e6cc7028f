import { formatBytes } from '#local/terminal/size.ts';
import {
  type TransferRecord,
  type TransferState,
  transferStates,
} from '#src/core/transfer/transfer-row.ts';
import { type Context, printJson, printNote, printResult } from '../context.ts';
import type { Ending } from '../exit-codes.ts';
import type { PlaceFlags } from '../options.ts';
import { type Column, tableOf } from '../output/table.ts';
import { agoText, counted } from '../output/words.ts';
import { listTransfers } from '../transfers/list-transfers.ts';
import { openPlace } from '../transfers/place.ts';
import { shortId, transferJson, urlOf } from '../transfers/transfer-view.ts';

export interface Flags extends PlaceFlags {
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

export async function list(flags: Flags, context: Context): Promise<Ending> {
  const place = await openPlace(flags, context);
  const now = context.clock.now();
  const query = { ...flags, states: flags.state ?? transferStates, since: now - flags.since };
  const found: TransferRecord[] = [];
  for await (const table of place.tables()) found.push(...(await listTransfers(table, query, now)));
  const records = found.sort((a, b) => b.changedAt - a.changedAt).slice(0, flags.limit);
  if (flags.json) printJson(context, { version: 1, transfers: records.map(transferJson) });
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
  printNote(context, title);
  if (records.length === 0) {
    printNote(context, 'No transfers. Use --since 30d to look further back.');
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
  printResult(context, tableOf(columns, rows, stdout));
  const more = records.length === limit ? ' Use --limit to see more.' : '';
  printNote(context, `${counted(records.length, 'transfer')}.${more}`);
}
