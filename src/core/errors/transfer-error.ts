import {
  type Disposition,
  type ErrorName,
  type ErrorOrigin,
  errorCatalogue,
  type Scope,
} from './error-lookup.ts';
import { redact, redactedCause } from './redact.ts';

export * from './error-lookup.ts';

export interface TransferErrorOptions {
  readonly cause?: unknown;
  /** The Retry-After of the reply, in seconds. */
  readonly retryAfterSeconds?: number | undefined;
  /** The HTTP status of the reply that caused the error, if a reply came. */
  readonly status?: number | undefined;
  /** Whether the shared backoff postponed the call, so no request was sent. */
  readonly isCallPostponed?: boolean;
  /** Who answered, or failed to. */
  readonly origin?: ErrorOrigin | undefined;
  /** Whether the reply asks for fewer calls. Default: true for a `ThrottledError` only. */
  readonly isThrottle?: boolean;
  /** Whether a 404 may be about the bucket, not only about the object. */
  readonly isContainerMissing?: boolean;
}

/**
 * The only error class. Lambda reports its `name` to the state machine as the error's type. The name is
 * a string of the catalogue, so minifying cannot change it. The message quotes the invalid value, and
 * never contains a presigned URL or a key.
 */
export class TransferError extends Error {
  override readonly name: ErrorName;
  readonly retryAfterSeconds: number | undefined;
  readonly status: number | undefined;
  readonly isCallPostponed: boolean;
  readonly origin: ErrorOrigin | undefined;
  readonly isThrottle: boolean;
  readonly isContainerMissing: boolean;

  constructor(name: ErrorName, message: string, options: TransferErrorOptions = {}) {
    super(bounded(message), options.cause === undefined ? {} : { cause: options.cause });
    this.name = name;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.status = options.status;
    this.isCallPostponed = options.isCallPostponed ?? false;
    this.origin = options.origin;
    this.isThrottle = options.isThrottle ?? name === 'ThrottledError';
    this.isContainerMissing = options.isContainerMissing ?? false;
  }

  get scope(): Scope {
    return errorCatalogue[this.name].scope;
  }

  get disposition(): Disposition {
    return errorCatalogue[this.name].disposition;
  }

  get nextStep(): string {
    return errorCatalogue[this.name].nextStep;
  }
}

/** The longest message, in characters. It may quote foreign text, and states, rows and events contain it. */
const maxMessageLength = 2_000;

function bounded(message: string): string {
  return message.length > maxMessageLength
    ? `${message.slice(0, maxMessageLength).toWellFormed()}…`
    : message;
}

/** True for a `TransferError`; with names, only for an error with one of these names. */
export function isTransferError(error: unknown, ...names: ErrorName[]): error is TransferError {
  return error instanceof TransferError && (names.length === 0 || names.includes(error.name));
}

/**
 * Returns a `TransferError` unchanged. Wraps any other error, which is a bug, as `UnexpectedError`. Its text
 * and its cause are foreign, so they lose what may be a secret.
 */
export function asTransferError(error: unknown): TransferError {
  if (error instanceof TransferError) return error;
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const cause = redactedCause(error);
  return new TransferError('UnexpectedError', redact(text, maxMessageLength), { cause });
}

/** Appends a detail to a message, in brackets. A full stop at the end of the message is removed. */
export function withDetail(message: string, detail: string): string {
  return `${message.replace(/\.$/, '')} (${detail})`;
}
