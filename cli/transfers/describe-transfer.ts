import { formatBytes } from '#local/terminal/size.ts';
import { speedText } from '#local/terminal/words.ts';
import { executionLink } from '#src/core/console-links.ts';
import { isOver, type TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { agoText, longText, timeText } from '../output/words.ts';
import { percent, type TransferDetails, type TransferProgress } from './transfer-details.ts';
import { transferJson, urlOf } from './transfer-view.ts';

/** A name and its value, as `status` prints them. */
export type Field = readonly [name: string, value: string];

/** How far and how fast a transfer moves. */
export interface Pace {
  readonly bytes: number;
  readonly totalBytes: number;
  /** Undefined before the first proof. */
  readonly bytesPerSecond?: number | undefined;
  readonly secondsLeft?: number | undefined;
}

/** Returns the pace since the session opened. */
export function paceOf({ record, session, provenBytes }: TransferProgress, now: number): Pace {
  const totalBytes = record.source.sizeBytes;
  const isComplete = record.bytesCompleteAt !== undefined || record.state === 'ready';
  const bytes = isComplete ? totalBytes : provenBytes;
  const passed = (now - (session?.openedAt ?? now)) / 1000;
  if (record.state !== 'active' || isComplete || provenBytes === 0 || passed <= 0)
    return { bytes, totalBytes };
  const bytesPerSecond = provenBytes / passed;
  return { bytes, totalBytes, bytesPerSecond, secondsLeft: (totalBytes - bytes) / bytesPerSecond };
}

/** Time after which a log shows an unchanged transfer again, in ms. */
export const repeatAfterMs = 60_000;

/** Returns what a log shows when it changes: the state, and each tenth of the bytes. */
export function logSign(
  { state, bytesCompleteAt }: TransferRecord,
  { bytes, totalBytes }: Pick<Pace, 'bytes' | 'totalBytes'>,
): string {
  return `${state} ${bytesCompleteAt} ${Math.floor((10 * bytes) / totalBytes)}`;
}

/** Returns what a transfer does now, in a few words. */
export function phaseOf({ record, session, position, isPaused }: TransferProgress): string {
  const { state, bytesCompleteAt } = record;
  if (state === 'queued') {
    const place = position === undefined ? '' : ` at position ${position}`;
    return `waits in the queue${place}${isPaused ? '; the stack is paused' : ''}`;
  }
  if (state !== 'active') return state;
  if (bytesCompleteAt !== undefined) return 'all bytes arrived; waits for the asset';
  return session?.session ? 'sends chunks' : 'opens an upload session';
}

/** Returns the fields of a transfer for people. */
export function fieldsOf(details: TransferDetails, now: number): Field[] {
  const { transferId, source, createdAt, assetId, outcome, owner } = details.record;
  const fields: (Field | false)[] = [
    ['object', urlOf(details.record)],
    ['id', transferId],
    ['state', stateText(details, now)],
    ['size', formatBytes(source.sizeBytes)],
    ...paceFields(details, now),
    ['created', timeText(createdAt)],
    assetId !== undefined && ['asset', assetId],
    outcome?.error !== undefined && ['error', String(outcome.error)],
    ['execution', executionLink(owner) ?? owner],
  ];
  return fields.filter((field) => field !== false);
}

function stateText(details: TransferDetails, now: number): string {
  const { state, changedAt } = details.record;
  return `${state}${isOver(state) ? `, ${agoText(changedAt, now)}` : `: ${phaseOf(details)}`}`;
}

/** Returns how far the transfer is, how fast, and how long still, as far as they are known. */
function paceFields(details: TransferDetails, now: number): Field[] {
  const { session, provenChunks } = details;
  const { bytes, totalBytes, bytesPerSecond, secondsLeft } = paceOf(details, now);
  const chunks = session?.session?.totalChunks;
  const proven = chunks === undefined ? '' : `, ${provenChunks} of ${chunks} chunks have a proof`;
  const fields: Field[] = [
    ['moved', `${percent(bytes, totalBytes)}, ${formatBytes(bytes)}${proven}`],
  ];
  if (bytesPerSecond !== undefined)
    fields.push(['speed', `${speedText(bytesPerSecond, 1000)} since the session opened`]);
  if (secondsLeft !== undefined) fields.push(['left', `about ${longText(secondsLeft * 1000)}`]);
  return fields;
}

/** Returns a transfer as `status --json` prints it. */
export function detailsJson(details: TransferDetails, now: number) {
  const { record, session, provenChunks, position, retries } = details;
  const pace = paceOf(details, now);
  return {
    ...transferJson(record),
    phase: phaseOf(details),
    progress: {
      bytes: pace.bytes,
      totalBytes: pace.totalBytes,
      provenChunks,
      totalChunks: session?.session?.totalChunks,
      bytesPerSecond: pace.bytesPerSecond && Math.round(pace.bytesPerSecond),
      secondsLeft: pace.secondsLeft && Math.round(pace.secondsLeft),
    },
    queuePosition: position,
    retries,
  };
}
