import { checkDisk, type ErrorEntry, runAgain, startAgain } from './error-entry.ts';

/** The errors that a later or a renewed request may cure. */
export const transientErrors = {
  NetworkError: { scope: 'call', disposition: 'retry', nextStep: startAgain },
  RequestTimeoutError: { scope: 'call', disposition: 'retry', nextStep: startAgain },
  ThrottledError: {
    scope: 'service',
    disposition: 'retry',
    nextStep: `Lower the concurrency, or ask the service for a higher rate limit. ${startAgain}`,
  },
  ServiceUnavailableError: {
    scope: 'service',
    disposition: 'retry',
    nextStep: `Check the status page of the service. ${startAgain}`,
  },
  SourceUnavailableError: { scope: 'call', disposition: 'retry', nextStep: startAgain },
  /** Becomes a SourceAccessDeniedError after the source's waitWhileDenied. */
  SourceDeniedForNowError: { scope: 'call', disposition: 'retry', nextStep: startAgain },
  /** Becomes a SourceCredentialsRejectedError after two minutes. */
  SourceSignatureRejectedError: { scope: 'call', disposition: 'retry', nextStep: startAgain },
  /** HEAD and GET of one object disagree. Becomes a SourceProtocolError after two minutes. */
  SourceInconsistentError: { scope: 'call', disposition: 'retry', nextStep: startAgain },
  TruncatedReadError: { scope: 'call', disposition: 'retry', nextStep: startAgain },
  TableUnavailableError: {
    scope: 'call',
    disposition: 'retry',
    nextStep: `Check the DynamoDB table and its throttling. ${startAgain}`,
    localNextStep: checkDisk,
  },
  /** Other executions or calls changed a row in each attempt of a conditional write. */
  RowContendedError: {
    scope: 'call',
    disposition: 'retry',
    nextStep: `Check which executions of this transfer are running, then try again. ${startAgain}`,
    localNextStep: `Check whether another run moves the same object. ${runAgain}`,
  },
  /** Lambda or Step Functions ended a call of a function before it answered. */
  FunctionEndedError: {
    scope: 'call',
    disposition: 'retry',
    nextStep: `Check the function's log, its memory and its time limit. ${startAgain}`,
    localNextStep: runAgain,
  },
  EventNotPublishedError: {
    scope: 'call',
    disposition: 'retry',
    nextStep: 'Check the event bus, and the permission events:PutEvents on it.',
    localNextStep: runAgain,
  },
  NoticeNotSentError: {
    scope: 'call',
    disposition: 'retry',
    nextStep:
      'Check the alarm topic, its key, and the permission sns:Publish of the reporting function.',
  },
  ExecutionNotStartedError: {
    scope: 'call',
    disposition: 'retry',
    nextStep:
      "If access was denied, allow states:StartExecution on the state machine to the dispatcher's role. Otherwise wait: the dispatcher tries again every minute.",
    localNextStep: runAgain,
  },
  ExecutionUnknownError: {
    scope: 'call',
    disposition: 'retry',
    nextStep: 'Allow states:DescribeExecution on the state machine.',
    localNextStep: runAgain,
  },

  SlotLostError: { scope: 'transfer', disposition: 'renew', nextStep: startAgain },
  TransferPausedError: {
    scope: 'transfer',
    disposition: 'renew',
    nextStep: 'Resume transfers, or wait until the transfer window opens.',
  },
  PresignedUrlRejectedError: { scope: 'chunk', disposition: 'renew', nextStep: startAgain },
  ChunkMismatchError: {
    scope: 'chunk',
    disposition: 'renew',
    nextStep: `Check every proxy and gateway between Lambda and the upload host. ${startAgain}`,
    localNextStep: `Check every proxy and gateway between this computer and the upload host. ${runAgain}`,
  },
  SessionExpiredError: { scope: 'session', disposition: 'renew', nextStep: startAgain },
  CreateReplyLostError: { scope: 'session', disposition: 'renew', nextStep: startAgain },
} as const satisfies Record<string, ErrorEntry>;
