import { connectAdvice } from '#src/http/network-failure.ts';

/** What an error thrown by an SDK client says, in the few words the adapters judge by. */
export interface SdkFailure {
  /** The service's error code, or the name of an error of the SDK or the socket. */
  readonly name: string;
  /** HTTP status; absent when no reply came. */
  readonly status: number | undefined;
  /** One bounded line. */
  readonly message: string;
  /** False for an error of the SDK itself, thrown before anything was sent. */
  readonly wasSent: boolean;
}

const maxMessageLength = 300;

/**
 * Reads any thrown value. The SDK's retry step marks with `$metadata` every error of a request that
 * was tried, whether or not a reply came; what lacks it was refused on this side.
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

/** What a failure to connect means for this network comes after the SDK's own words. */
function withAdvice(error: unknown, message: unknown): string {
  const text = typeof message === 'string' ? message : String(error);
  const advice = connectAdvice(error);
  return advice === undefined ? text : `${text}. ${advice}`;
}

/** `AccessDenied (403): the message`, for the end of our own sentence. */
export function describeSdkFailure({ name, status, message }: SdkFailure): string {
  return `${name}${status === undefined ? '' : ` (${status})`}: ${message}`;
}

/**
 * What may be kept of an SDK's error as a cause: S3 repeats in its errors' elements the token and the
 * headers that were sent, and the SDK makes fields of them, which whoever prints the error would show.
 */
export function bareCause(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, status, message } = sdkFailure(error);
  const kept = new Error(message);
  return Object.assign(kept, { name, stack: error.stack, ...(status !== undefined && { status }) });
}

/** A field that an error carries beside those of every error, if it is text. */
export function textField(error: unknown, field: string): string | undefined {
  const value = isObject(error) ? error[field] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** A header of the reply that an SDK error came from; `name` in lower case. */
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
