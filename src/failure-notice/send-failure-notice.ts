import * as z from 'zod/mini';
import { dashboardLink, executionLink, locationOf } from '#src/core/console-links.ts';
import { errorCatalogue, isErrorName } from '#src/core/errors/error-lookup.ts';
import type { Notice, Notifier } from '#src/core/ports/events.ts';
import type { Log } from '#src/core/ports/log.ts';
import { toOneLine } from '#src/outcome/failure.ts';
import { failureQuery } from './failure-query.ts';

/** What a failure notice needs in addition to the failures. */
export interface NoticePorts {
  readonly notifier: Notifier;
  readonly log: Log;
  /** Name of the deployment; its table and its dashboard follow. */
  readonly deployment: string;
  readonly tableName: string;
  readonly dashboardName: string;
}

/** Failures that one notice lists. It counts the others, because a longer notice stays unread. */
const maxListed = 25;

/** An SNS subject has at most 100 characters, ASCII only (SNS Publish, 2026). */
const maxSubjectLength = 99;

const text = z.optional(z.string());

/** The fields of a `Transfer Failed` event that a notice contains. */
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
 * Sends one failure notice about a batch of failed transfers. It lists each object with its error, the next step
 * and a link to its execution, and it links to the dashboard.
 * @param bodies - `Transfer Failed` events as JSON text; a repeated event is listed once
 * @throws NoticeNotSentError - the caller retries the batch
 */
export async function sendFailureNotice(
  ports: NoticePorts,
  bodies: readonly string[],
): Promise<void> {
  const failures = new Map<string, Failure>();
  for (const body of bodies) {
    const failure = parseFailure(body);
    if (failure) failures.set(`${failure.transferId} ${failure.execution}`, failure);
    else ports.log.warn('unsupported event ignored', { characters: body.length });
  }
  if (failures.size === 0) return;
  await ports.notifier.send(noticeOf(ports, [...failures.values()]));
  ports.log.info('failure notice sent', { failures: failures.size });
}

function parseFailure(body: string): Failure | undefined {
  try {
    const { data } = eventSchema.safeParse(JSON.parse(body));
    return data && { ...data.detail, time: data.time };
  } catch {
    return undefined;
  }
}

function noticeOf(ports: NoticePorts, failures: Failure[]): Notice {
  const { deployment, dashboardName } = ports;
  const listed = failures.slice(0, maxListed);
  const location = listed.map(({ execution }) => locationOf(execution)).find(Boolean);
  const dashboard = location && dashboardLink(location, dashboardName);
  const unlisted = failures.length - listed.length;
  const paragraphs = [
    `${countOf(failures)} in ${deployment}: ${errorsOf(failures)}.`,
    ...listed.map((failure, i) => paragraphOf(failure, i + 1)),
    unlisted > 0 && unlistedText(ports, unlisted, failures[listed.length]),
    dashboard && `Dashboard: ${dashboard}`,
  ];
  const subject = `${countOf(failures)} in ${deployment}: ${errorsOf(failures)}`;
  return { subject: shortAscii(subject), text: paragraphs.filter(Boolean).join('\n\n') };
}

/** The notice contains the query, because its reader may not have the repository. */
function unlistedText({ tableName }: NoticePorts, unlisted: number, next: Failure | undefined) {
  const query = failureQuery(tableName, locationOf(next?.execution)?.region, next?.time);
  return `…and ${unlisted} more. This lists every failure of the day:\n${query}`;
}

function countOf({ length }: readonly Failure[]): string {
  return length === 1 ? '1 transfer failed' : `${length} transfers failed`;
}

/** Returns each error's name with its count, the most frequent first. */
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
    `${n}. ${bucket && key ? addressOf(bucket, key) : 'a start without a bucket and key'}`,
    `   Error: ${error}${reason && `: ${reason}`}`,
    nextStep && `   Next step: ${nextStep}`,
    `   Execution: ${executionLink(execution) ?? execution ?? 'unknown'}`,
    transferId && `   Transfer: ${transferId}`,
  ]
    .filter(Boolean)
    .join('\n');
}

/** Escapes the key as JSON does. Also prevents that a mail program turns a part of the key into a link. */
function addressOf(bucket: string, key: string): string {
  const inert = JSON.stringify(key).slice(1, -1).replaceAll('://', ':%2F%2F');
  return `s3://${bucket}/${inert.replace(/\p{Bidi_Control}/gu, escaped)}`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function shortAscii(line: string): string {
  const ascii = line.replaceAll('×', 'x').replace(/[^\x20-\x7e]/g, '?');
  return ascii.length > maxSubjectLength ? `${ascii.slice(0, maxSubjectLength - 3)}...` : ascii;
}
