import type { WaitReason } from '#src/admission/admission.ts';
import type { LogFields } from '#src/core/ports/log.ts';
import { cutTo, durationText } from './words.ts';

/** A wait of a transfer, as shown to the user. */
export interface Wait {
  /** Such as `the network`. */
  readonly what: string;
  /** Details if known, such as `ECONNREFUSED to api.twelvelabs.io`. */
  readonly why: string | undefined;
  /** Time of the next try if known, in milliseconds since 1970. */
  readonly nextTry: number | undefined;
}

/** What a transfer waits for, by the error's name. Other errors are shown by name. */
const waitedFor: Readonly<Record<string, string>> = {
  NetworkError: 'the network',
  RequestTimeoutError: 'a reply',
  ThrottledError: 'the service, which asks for fewer calls',
  ServiceUnavailableError: 'the service',
  SourceUnavailableError: 'S3',
  TruncatedReadError: 'S3',
  SourceSignatureRejectedError: 'S3, which rejects the signature; check the clock',
  SourceDeniedForNowError: 'S3, which denies the object for now',
  SourceInconsistentError: 'S3, whose HEAD and GET disagree',
  TableUnavailableError: 'the table of proofs',
  RowContendedError: 'another run of the same object',
  FunctionEndedError: 'another call of the sending function',
  EventNotPublishedError: 'the event bus',
  NoticeNotSentError: 'the alarm topic',
  ExecutionNotStartedError: 'the start of a queued transfer',
  ExecutionUnknownError: 'the state of another run',
  CreateReplyLostError: 'the service, which did not confirm the upload session',
  PresignedUrlRejectedError: 'the upload host, which rejects the upload URL',
  SourceSupersededError: 'the chunks in flight: the source has changed',
};

/** What a transfer without a slot waits for, by the reason in the log. */
const slotWaits: Readonly<Record<WaitReason, Pick<Wait, 'what' | 'why'>>> = {
  'no slot is free': { what: 'a free slot', why: 'other transfers hold all slots' },
  'transfers are paused': { what: 'transfers to resume', why: 'an operator paused them' },
  'the transfer window is closed': { what: 'the transfer window to open', why: undefined },
  'other transfers are ahead': { what: 'earlier transfers to start', why: undefined },
};

/** Converts a log line about a transfer without a slot. */
export function slotWaitOf({ because, nextTry }: LogFields): Wait {
  return { ...slotWaits[because as WaitReason], nextTry: timeOf(nextTry) };
}

/** Converts a log line about a wait after an error. */
export function waitOf({ error, reason, nextTry }: LogFields): Wait {
  return {
    what: waitedFor[String(error)] ?? String(error),
    // The last line of the run says how the source changed, by the name that the user gave.
    why: error === 'SourceSupersededError' ? undefined : shortReason(String(reason ?? '')),
    nextTry: timeOf(nextTry),
  };
}

function timeOf(text: unknown): number | undefined {
  const at = Date.parse(String(text));
  return Number.isNaN(at) ? undefined : at;
}

/**
 * Shortens `POST api.twelvelabs.io: the connection was refused (ECONNREFUSED)` to `ECONNREFUSED to
 * api.twelvelabs.io`. Otherwise returns the first sentence.
 */
function shortReason(reason: string): string | undefined {
  const [, host] = /^[A-Z]+ ([^\s:]+(?::\d+)?):? /.exec(reason) ?? [];
  const [, code] = /\(((?:E|UND_ERR_|CERT_)[A-Z_]+)\)/.exec(reason) ?? [];
  if (host && code) return `${code} to ${host}`;
  return reason === '' ? undefined : cutTo(120, reason.split(/(?<=[a-z)])\. /)[0] ?? reason);
}

/** Formats a wait as one line of at most `columns`. Shortens or omits the reason first. */
export function waitLine({ what, why, nextTry }: Wait, now: number, columns: number): string {
  const next = nextTry === undefined ? '' : `, ${nextText(nextTry - now)}`;
  const full = `Waiting for ${what}${why ? ` (${why})` : ''}${next}`;
  if (full.length <= columns || !why) return cutTo(columns, full);
  const room = columns - `Waiting for ${what} ()${next}`.length;
  const short = room >= 12 ? ` (${cutTo(room, why)})` : '';
  const line = `Waiting for ${what}${short}${next}`;
  return line.length <= columns ? line : cutTo(columns, `Waiting for ${what}`);
}

function nextText(milliseconds: number): string {
  return milliseconds < 500 ? 'retrying now' : `next try in ${durationText(milliseconds)}`;
}
