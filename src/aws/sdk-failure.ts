import { redact, redactedStack } from '#src/core/errors/redact.ts';
import { connectAdvice } from '#src/http/network-failure.ts';

/** The fields of an SDK client's error that the adapters use. */
export interface SdkFailure {
  /** The service's error code, or the name of an error of the SDK or the socket. */
  readonly name: string;
  /** HTTP status; absent when no reply came. */
  readonly status: number | undefined;
  /** One bounded line. */
  readonly message: string;
  /** False if the SDK threw the error before it sent a request. */
  readonly wasSent: boolean;
}

const maxMessageLength = 300;

/**
 * Reads any thrown value. The SDK's retry step adds `$metadata` to the error of every request that it
 * sent, with or without a reply. An error without `$metadata` comes from the SDK itself.
 */
export function sdkFailure(error: unknown): SdkFailure {
  const fields = isObject(error) ? error : {};
  const metadata = isObject(fields.$metadata) ? fields.$metadata : undefined;
  const status = metadata?.httpStatusCode;
  return {
    name: typeof fields.name === 'string' ? fields.name : 'unknown',
    status: typeof status === 'number' ? status : undefined,
    message: oneLine(withAdvice(error, fields.message)),
    wasSent: metadata !== undefined,
  };
}

/** Appends the advice for a failed connection to the SDK's message. */
function withAdvice(error: unknown, message: unknown): string {
  const found = typeof message === 'string' ? message || innerMessages(error) : String(error);
  // A message about a wrong signature repeats the signed request, with the security token.
  const text = redact(found, maxMessageLength);
  const advice = connectAdvice(error);
  return advice === undefined ? text : `${text}. ${advice}`;
}

/** Returns the messages of an error without its own: Node.js tries each address of a host, and joins their errors. */
function innerMessages(error: unknown): string {
  const { errors = [] } = error as Partial<AggregateError>;
  return errors
    .map((one: unknown) => (one instanceof Error ? one.message : String(one)))
    .join('; ');
}

/** Returns `AccessDenied (403): the message`, for the end of a message. */
export function describeSdkFailure({ name, status, message }: SdkFailure): string {
  return `${name}${status === undefined ? '' : ` (${status})`}: ${message}`;
}

/**
 * Returns an SDK error without its own fields, for use as a cause. S3's error elements repeat the sent
 * token and headers, the SDK makes fields of them, and a printed error would show them.
 */
export function safeCause(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, status, message } = sdkFailure(error);
  const cause = new Error(message);
  return Object.assign(cause, {
    name,
    stack: redactedStack(error.stack),
    ...(status !== undefined && { status }),
  });
}

/** Returns a text field of an error, if it has one of that name. */
export function textField(error: unknown, field: string): string | undefined {
  const value = isObject(error) ? error[field] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** Returns a header of the reply behind an SDK error; `name` is in lower case. */
export function replyHeader(error: unknown, name: string): string | undefined {
  const reply = isObject(error) ? error.$response : undefined;
  return isObject(reply) ? textField(reply.headers, name) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > maxMessageLength ? `${line.slice(0, maxMessageLength)}…` : line;
}
