import { chosenDestination } from '#local/commands/destination-options.ts';
import { definitionOfStack } from '#local/doctor/checked-stack.ts';
import { formatBytes } from '#local/terminal/size.ts';
import { orphanGraceMs } from '#src/core/limits/limits.ts';
import type { ListedSession } from '#src/core/transfer/destination.ts';
import { type Context, printJson, printNote, printResult } from '../context.ts';
import type { Ending } from '../exit-codes.ts';
import type { PlaceFlags } from '../options.ts';
import { listUnfinished } from '../orphans/list-unfinished.ts';
import { type DividedSessions, divideSessions, wideGraceMs } from '../orphans/orphan-sessions.ts';
import { type Column, tableOf } from '../output/table.ts';
import { agoText, counted, longText, timeText } from '../output/words.ts';
import { findStack, placeOf } from '../stack/deployed-stack.ts';
import { openTransferTable } from '../transfers/transfer-table.ts';

export interface Flags extends PlaceFlags {
  readonly json?: boolean;
}

const columns: readonly Column[] = [
  { title: 'UPLOAD', importance: 0, isFlexible: true },
  { title: 'SIZE', importance: 1, align: 'right' },
  { title: 'OPENED', importance: 2, align: 'right' },
  { title: 'ENDS IN', importance: 3, align: 'right' },
];

export async function orphans(flags: Flags, context: Context): Promise<Ending> {
  const { env, clock } = context;
  const stack = await findStack(flags, env);
  const definition = definitionOfStack(stack.name, stack.optionalOutput('Destination'));
  const { environment } = chosenDestination({ ...flags, destination: definition.kind });
  const table = openTransferTable(stack.clients, stack.output('TableName'), clock);
  if (!flags.json) printNote(context, placeOf(stack));
  const listed = await listUnfinished(stack, definition, { ...env, ...environment }, context);
  const now = listed.serviceTime ?? clock.now();
  const grace = listed.serviceTime === undefined ? wideGraceMs : orphanGraceMs;
  const divided = await divideSessions(listed.sessions, table.store, now - grace);
  if (listed.truncated)
    printNote(
      context,
      'The list of the service is longer than was read. The result is incomplete.',
    );
  if (flags.json) printJson(context, jsonOf(divided, listed.truncated));
  else print(divided, { now, grace }, context);
  return 'done';
}

function jsonOf({ orphans: found, undated, known, young }: DividedSessions, truncated: boolean) {
  return {
    version: 1,
    orphans: found.map(sessionJson),
    undated: undated.map(sessionJson),
    known,
    young,
    truncated,
  };
}

function sessionJson({ uploadId, sizeBytes, createdAt, expiresAt }: ListedSession) {
  return {
    uploadId,
    sizeBytes,
    ...(createdAt !== undefined && { openedAt: timeText(createdAt) }),
    ...(expiresAt !== undefined && { expiresAt: timeText(expiresAt) }),
  };
}

function print(
  { orphans: found, undated, known, young }: DividedSessions,
  { now, grace }: { readonly now: number; readonly grace: number },
  context: Context,
) {
  const rows = [...found, ...undated].map(({ uploadId, sizeBytes, createdAt, expiresAt }) => [
    uploadId,
    sizeBytes === undefined ? '' : formatBytes(sizeBytes),
    createdAt === undefined ? 'unknown' : agoText(createdAt, now),
    expiresAt === undefined ? '' : longText(expiresAt - now),
  ]);
  if (rows.length > 0) printResult(context, tableOf(columns, rows, context.io.stdout));
  const others = `${counted(known, 'session')} of transfers, ${young} younger than ${longText(grace)}.`;
  printNote(context, `${counted(found.length, 'orphan session')}; ${others}`);
  if (grace === wideGraceMs)
    printNote(
      context,
      'The service states no time, so the ages are by the clock of this computer.',
    );
  if (undated.length > 0)
    printNote(
      context,
      `${counted(undated.length, 'session')} without a time: a transfer may have opened it just now. Run the command again in two minutes; what is still listed then is an orphan.`,
    );
  if (found.length > 0)
    printNote(
      context,
      'They end by themselves. If another program uploads with this key, give it a key of its own.',
    );
}
