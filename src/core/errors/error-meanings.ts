import type { ErrorName } from './error-lookup.ts';
import { isTransferError, type TransferError } from './transfer-error.ts';

interface Meaning {
  readonly errors: readonly ErrorName[];
  /** What the code does because of it, as one sentence of the docs. */
  readonly effect: string;
}

/**
 * What single errors mean to the code that meets them, apart from the decision of `retry-rules.ts`. Steps
 * and adapters test a meaning and never compare a name: a new error joins its meanings here.
 * `docs/how-it-works.md` prints this table, and a test compares the two.
 */
export const errorMeanings = {
  throttled: {
    errors: ['ThrottledError'],
    effect: 'The call starts no further chunk, and the range waits.',
  },
  stalled: {
    errors: ['RequestTimeoutError'],
    effect: 'The chunk counts as slow, so fewer chunks go at once.',
  },
  chunkRejected: {
    errors: ['PresignedUrlRejectedError', 'UploadRejectedError'],
    effect: 'The chunk counts as rejected, not as slow.',
  },
  chunkMismatched: {
    errors: ['ChunkMismatchError'],
    effect: 'The chunk moves behind the others once, because they can show opaque ETags.',
  },
  connectionTooSlow: {
    errors: ['ConnectionTooSlowError'],
    effect: 'The next round sends half as many ranges at once.',
  },
  requestRejected: {
    errors: ['RequestRejectedError'],
    effect: 'A report, or a request for URLs, is split to find the chunk that causes it.',
  },
  serviceUnavailable: {
    errors: ['ServiceUnavailableError'],
    effect: 'A lasting 409 to a request for URLs splits the request.',
  },
  sessionLost: {
    errors: ['SessionExpiredError'],
    effect:
      'OpenSession opens another session. From the upload host alone, it rejects only the chunk.',
  },
  createReplyLost: {
    errors: ['CreateReplyLostError'],
    effect: 'The session is marked as lost, and the next session is opened after a wait.',
  },
  serviceContradicted: {
    errors: ['ProtocolViolationError'],
    effect: 'A session may exist without a usable reply. A forced start ingests again.',
  },
  finishMayCount: {
    errors: ['CompletionUnknownError', 'ProtocolViolationError'],
    effect: 'A completion that must not be repeated stays claimed.',
  },
  neverSent: {
    errors: [
      'UnexpectedError',
      'InvalidInputError',
      'ConfigurationError',
      'UploadHostRejectedError',
    ],
    effect: 'A create request certainly had no effect.',
  },
  networkFailed: {
    errors: ['NetworkError', 'RequestTimeoutError', 'UploadHostRejectedError'],
    effect: 'The adapter adds the origin of the failure.',
  },
  retriedByStateMachine: {
    errors: ['TableUnavailableError', 'RowContendedError'],
    effect: 'No wait is added: the state machine retries the step.',
  },
  misconfigured: {
    errors: ['ConfigurationError'],
    effect: 'The preflight reports the next step of the check.',
  },
  ownershipLost: {
    errors: ['FencedOutError'],
    effect: 'The execution writes no outcome: the new owner does.',
  },
  cancelled: {
    errors: ['TransferCancelledError'],
    effect: 'The execution succeeds as `cancelled`.',
  },
  sourceSuperseded: {
    errors: ['SourceSupersededError'],
    effect: 'InspectSource inspects again. Later, the transfer ends as `superseded`.',
  },
  uploadGivenUp: {
    errors: [
      'TransferCancelledError',
      'SourceSupersededError',
      'SourceChecksumMismatchError',
      'PlanTooLargeError',
    ],
    effect: 'The session is aborted at the service: no execution will continue it.',
  },
  sourceMissing: {
    errors: ['SourceNotFoundError'],
    effect: 'An event about a deleted object is ignored.',
  },
  sourceDenied: {
    errors: ['SourceAccessDeniedError'],
    effect: 'The preflight finds out which permission is missing.',
  },
  sourceDeniedForNow: {
    errors: ['SourceDeniedForNowError'],
    effect: 'The wait does not count against the six hours.',
  },
  sourceUnreachable: {
    errors: [
      'SourceNotFoundError',
      'SourceRegionMismatchError',
      'SourceRoleRejectedError',
      'SourceNotConfiguredError',
      'SourceUnavailableError',
      'ConfigurationError',
    ],
    effect: 'The preflight skips the further checks of that source.',
  },
  oneObjectUnreadable: {
    errors: [
      'SourceArchivedError',
      'SourceCustomerEncryptedError',
      'SourceNotFoundError',
      'SourceSupersededError',
    ],
    effect: 'The preflight reports that another object must be checked.',
  },
} as const satisfies Readonly<Record<string, Meaning>>;

export type ErrorMeaning = keyof typeof errorMeanings;

/** True if the error with this name has the meaning. */
export function nameMeans(name: string, meaning: ErrorMeaning): boolean {
  const names: readonly string[] = errorMeanings[meaning].errors;
  return names.includes(name);
}

/** True for a `TransferError` with the meaning. */
export function errorMeans(error: unknown, meaning: ErrorMeaning): error is TransferError {
  return isTransferError(error) && nameMeans(error.name, meaning);
}
