import {
  type Disposition,
  type ErrorName,
  type ErrorOrigin,
  errorCatalogue,
  type Scope,
} from './error-catalogue.ts';

export * from './error-catalogue.ts';

export interface TransferErrorOptions {
  readonly cause?: unknown;
  /** How long the service asked us to stay away, in seconds. */
  readonly retryAfterSeconds?: number | undefined;
  /** HTTP status of the reply that caused it, where there was one. */
  readonly status?: number | undefined;
  /** Whether the call was not made, as the service had asked another one to stay away. */
  readonly isPause?: boolean;
  /** Who answered, or failed to. */
  readonly origin?: ErrorOrigin | undefined;
  /** Whether the reply asks for fewer calls. Always so for a `ThrottledError`. */
  readonly isThrottle?: boolean;
  /** Whether not the object is missing but the place that should hold it, or nothing tells which. */
  readonly isPlaceMissing?: boolean;
}

/**
 * The only error class. Its `name` comes from the catalogue, a string literal that minifying can't
 * change, and it is what Lambda reports to the state machine as the error's type.
 * The message names the value that was wrong and never holds a presigned URL or a key.
 */
export class TransferError extends Error {
  override readonly name: ErrorName;
  readonly retryAfterSeconds: number | undefined;
  readonly status: number | undefined;
  readonly isPause: boolean;
  readonly origin: ErrorOrigin | undefined;
  readonly isThrottle: boolean;
  readonly isPlaceMissing: boolean;

  constructor(name: ErrorName, message: string, options: TransferErrorOptions = {}) {
    super(bounded(message), options.cause === undefined ? {} : { cause: options.cause });
    this.name = name;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.status = options.status;
    this.isPause = options.isPause ?? false;
    this.origin = options.origin;
    this.isThrottle = options.isThrottle ?? name === 'ThrottledError';
    this.isPlaceMissing = options.isPlaceMissing ?? false;
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

/** Characters of a message: it may quote what others wrote, and goes into states, rows and events. */
const maxMessageLength = 2_000;

function bounded(message: string): string {
  return message.length > maxMessageLength
    ? `${message.slice(0, maxMessageLength).toWellFormed()}…`
    : message;
}

/** Whether `error` is ours and, where names are given, bears one of them. */
export function isTransferError(error: unknown, ...names: ErrorName[]): error is TransferError {
  return error instanceof TransferError && (names.length === 0 || names.includes(error.name));
}

/** Our error as it is; anything else is a bug and becomes `UnexpectedError`, its cause kept. */
export function asTransferError(error: unknown): TransferError {
  if (error instanceof TransferError) return error;
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new TransferError('UnexpectedError', text, { cause: error });
}
