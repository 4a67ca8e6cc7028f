import { isErrorName, nextStepOf } from '#src/core/errors/error-lookup.ts';
import type { RangeRecord } from '#src/core/transfer/upload-rows.ts';
import { agoText } from '../output/words.ts';
import { runbookEntry } from '../runbook/runbook.ts';
import { type Field, phaseOf } from './describe-transfer.ts';
import { movedAgain, type TransferDetails } from './transfer-details.ts';
import { urlOf } from './transfer-view.ts';

/** Why a transfer failed, waits or is not ready. */
export interface Explanation {
  readonly state: string;
  /** The step that failed or works now. */
  readonly step: string;
  readonly error?: string | undefined;
  /** What happened, with the value. */
  readonly cause?: string | undefined;
  /** The last error of each range, newest round first. */
  readonly lastErrors: readonly LastError[];
  readonly retries: Readonly<Record<string, number>>;
  /** What to do, from the runbook. */
  readonly check?: string | undefined;
  readonly do?: string | undefined;
  readonly retryMoves?: string | undefined;
}

/** The last error of a range. */
export interface LastError {
  readonly range: number;
  readonly round: number;
  readonly error: string;
  readonly message: string;
}

/** Explains a transfer from its rows. */
export function explain(details: TransferDetails, now: number, isLocal: boolean): Explanation {
  const { record, ranges, retries } = details;
  const lastErrors = ranges.flatMap(lastErrorOf).sort((a, b) => b.round - a.round);
  const { error, cause, why } = record.outcome ?? {};
  const shown = { state: record.state, step: stepOf(details, error), lastErrors, retries };
  if (error === undefined)
    return { ...shown, cause: why === undefined ? phaseOf(details) : String(why) };
  const name = String(error);
  const { check, do: action } = runbookEntry(name);
  const local = isErrorName(name) ? nextStepOf(name, 'local') : undefined;
  return {
    ...shown,
    error: name,
    cause: String(cause ?? ''),
    check: isLocal ? undefined : check,
    do: isLocal ? local : action,
    retryMoves: movedAgain(details, now),
  };
}

function lastErrorOf({ n, error }: RangeRecord): LastError[] {
  return error ? [{ range: n, round: error.round, error: error.name, message: error.message }] : [];
}

/** The rows name no step: it follows from what the transfer had reached. */
function stepOf({ record, session }: TransferDetails, error: unknown): string {
  const { state, bytesCompleteAt, assetId } = record;
  if (state === 'rejected') return 'InspectSource';
  if (state === 'queued') return 'none: it waits in the queue';
  if (bytesCompleteAt !== undefined) return 'AwaitAsset';
  if (!session?.session) return 'OpenSession';
  const isUnconfirmed = error === 'UploadNotConfirmedError' || error === 'UploadFailedError';
  return assetId !== undefined && isUnconfirmed ? 'ConfirmUpload' : 'SendChunks';
}

/** Ranges whose errors are listed. */
const mostErrors = 5;

/** Returns an explanation for people. */
export function explanationFields(
  details: TransferDetails,
  explanation: Explanation,
  now: number,
): Field[] {
  const { state, step, error, cause, lastErrors, retries, check, retryMoves } = explanation;
  const { record } = details;
  const counts = Object.entries(retries).map(([name, count]) => `${count} × ${name}`);
  const fields: (Field | false)[] = [
    ['object', urlOf(record)],
    ['id', record.transferId],
    ['state', `${state}, ${agoText(record.changedAt, now)}`],
    ['step', step],
    error !== undefined && ['error', error],
    Boolean(cause) && ['cause', cause ?? ''],
    ...lastErrors
      .slice(0, mostErrors)
      .map(({ range, message, error: name }): Field => [`range ${range}`, `${name}: ${message}`]),
    counts.length > 0 && ['retries', counts.join(', ')],
    check !== undefined && check !== '–' && ['check', check],
    explanation.do !== undefined && ['do', explanation.do],
    retryMoves !== undefined && ['retry', retryMoves],
  ];
  return fields.filter((field) => field !== false);
}
