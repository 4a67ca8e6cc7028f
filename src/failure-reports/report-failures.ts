import * as z from 'zod/mini';
import { errorCatalogue, isErrorName } from '#src/core/errors/errors.ts';
import type { Notice, Notifier } from '#src/core/ports/events.ts';
import type { Log } from '#src/core/ports/log.ts';
import { dashboardLink, executionLink, placeOf } from '#src/core/stack/console-links.ts';
import { toOneLine } from '#src/transfer/failure.ts';
import { failureQuery } from './failure-query.ts';

/** What the report needs besides the failures. */
export interface ReportPorts {
  readonly notifier: Notifier;
  readonly log: Log;
  /** Which Chunkferry reports, and the names of its table and its dashboard. */
  readonly deployment: string;
  readonly tableName: string;
  readonly dashboardName: string;
}

/** Failures that one notice lists; the others are counted. A mail of more is not read. */
const maxListed = 25;

/** An SNS subject has at most 100 characters, ASCII only (SNS Publish, 2026). */
const maxSubjectLength = 99;

const text = z.optional(z.string());

/** Our own `Transfer Failed` event, as far as a notice says it. */
const eventSchema = z.object({
  time: text,
  detail: z.object({
    bucket: text,
    key: text,
    transferId: text,
    execution: text,
    error: z.string(),
    cause: z._default(z.string(), ''),
  }),
});

type Failure = z.infer<typeof eventSchema>['detail'] & { readonly time?: string | undefined };

/**
 * Sends one notice about a batch of failed transfers: each film with its error, the next step and the
 * link to its execution, and the link to the dashboard.
 * @param bodies - `Transfer Failed` events as JSON text; an event that came twice is listed once
 * @throws NoticeNotSentError - the batch is to be tried again
 */
export async function reportFailures(ports: ReportPorts, bodies: readonly string[]): Promise<void> {
  const failures = new Map<string, Failure>();
  for (const body of bodies) {
    const failure = failureIn(body);
    if (failure) failures.set(`${failure.transferId} ${failure.execution}`, failure);
    else ports.log.warn('not an event of a failed transfer', { characters: body.length });
  }
  if (failures.size === 0) return;
  await ports.notifier.send(noticeOf(ports, [...failures.values()]));
  ports.log.info('failures reported', { failures: failures.size });
}

function failureIn(body: string): Failure | undefined {
  try {
    const { data } = eventSchema.safeParse(JSON.parse(body));
    return data && { ...data.detail, time: data.time };
  } catch {
    return undefined;
  }
}

function noticeOf(ports: ReportPorts, failures: Failure[]): Notice {
  const { deployment, dashboardName } = ports;
  const listed = failures.slice(0, maxListed);
  const place = listed.map(({ execution }) => placeOf(execution)).find(Boolean);
  const dashboard = place && dashboardLink(place, dashboardName);
  const unlisted = failures.length - listed.length;
  const paragraphs = [
    `${countOf(failures)} in ${deployment}: ${errorsOf(failures)}.`,
    ...listed.map((failure, i) => paragraphOf(failure, i + 1)),
    unlisted > 0 && unlistedText(ports, unlisted, failures[listed.length]),
    dashboard && `Dashboard: ${dashboard}`,
  ];
  const subject = `${countOf(failures)} in ${deployment}: ${errorsOf(failures)}`;
  return { subject: subjectOf(subject), text: paragraphs.filter(Boolean).join('\n\n') };
}

/** The reader of a mail may have no repository at hand, so the query is in the mail. */
function unlistedText({ tableName }: ReportPorts, unlisted: number, next: Failure | undefined) {
  const query = failureQuery(tableName, placeOf(next?.execution)?.region, next?.time);
  return `…and ${unlisted} more. This lists every failure of the day:\n${query}`;
}

function countOf({ length }: readonly Failure[]): string {
  return length === 1 ? '1 transfer failed' : `${length} transfers failed`;
}

/** Each error's name with its count, the most frequent first. */
function errorsOf(failures: readonly Failure[]): string {
  const counts = new Map<string, number>();
  for (const { error } of failures) counts.set(error, (counts.get(error) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([error, n]) => (n === 1 ? error : `${n} × ${error}`)).join(', ');
}

function paragraphOf({ bucket, key, error, cause, execution, transferId }: Failure, n: number) {
  const nextStep = isErrorName(error) ? errorCatalogue[error].nextStep : '';
  const reason = toOneLine(nextStep ? cause.replace(nextStep, '') : cause);
  return [
    `${n}. ${bucket && key ? filmOf(bucket, key) : 'a start that names no object'}`,
    `   Error: ${error}${reason && `: ${reason}`}`,
    nextStep && `   Next step: ${nextStep}`,
    `   Execution: ${executionLink(execution) ?? execution ?? 'unknown'}`,
    transferId && `   Transfer: ${transferId}`,
  ]
    .filter(Boolean)
    .join('\n');
}

/** A key may hold anything: it is written as JSON writes it, and no mail program makes a link of a part of it. */
function filmOf(bucket: string, key: string): string {
  const inert = JSON.stringify(key).slice(1, -1).replaceAll('://', ':%2F%2F');
  return `s3://${bucket}/${inert.replace(/\p{Bidi_Control}/gu, escaped)}`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function subjectOf(line: string): string {
  const ascii = line.replaceAll('×', 'x').replace(/[^\x20-\x7e]/g, '?');
  return ascii.length > maxSubjectLength ? `${ascii.slice(0, maxSubjectLength - 3)}...` : ascii;
}
