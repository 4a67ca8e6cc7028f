/**
 * Every error this product raises, in one list: its name, what may be done about it, and the next
 * step for a person. Code, the state machine's Retry and Catch, the docs and the tests read this.
 */

/**
 * What may be done about an error without a person:
 * `retry` the same request may pass later; `renew` something (a URL, a chunk, a session) must be
 * obtained again first; `fail` nothing here will help.
 */
export type Disposition = 'retry' | 'renew' | 'fail';

/**
 * How far an error reaches: this call alone, one chunk, one upload session, every call to the same
 * side, or the whole transfer.
 */
export type Scope = 'call' | 'chunk' | 'session' | 'service' | 'transfer';

/** Who answered, or failed to: the service's API, the upload host, or S3. */
export type ErrorOrigin = 'service' | 'storage' | 'source';

interface ErrorEntry {
  readonly scope: Scope;
  readonly disposition: Disposition;
  /** What an operator of the stack does. */
  readonly nextStep: string;
  /** What a user does whose own computer runs the transfer, where that differs. */
  readonly onLaptop?: string;
}

/** Where a transfer runs: it decides which words and settings its reader knows. */
export type Runtime = 'stack' | 'laptop';

const again =
  'Start a new execution with the same input: it continues from the chunks already kept.';
const againOnLaptop = 'Run the same command again: it continues from the chunks already kept.';
const checkDisk = `Check the disk that holds the proofs, or the table that --table names. ${againOnLaptop}`;
const fixInput = 'Correct the input and start again.';

export const errorCatalogue = {
  NetworkError: { scope: 'call', disposition: 'retry', nextStep: again },
  RequestTimeoutError: { scope: 'call', disposition: 'retry', nextStep: again },
  ThrottledError: {
    scope: 'service',
    disposition: 'retry',
    nextStep: `Lower the concurrency or ask for a higher rate limit. ${again}`,
  },
  ServiceUnavailableError: {
    scope: 'service',
    disposition: 'retry',
    nextStep: `Check the service's status page. ${again}`,
  },
  SourceUnavailableError: { scope: 'call', disposition: 'retry', nextStep: again },
  /** Becomes a SourceAccessDeniedError once the source's waitWhileDenied is over. */
  SourceDeniedForNowError: { scope: 'call', disposition: 'retry', nextStep: again },
  /** Becomes a SourceCredentialsRejectedError once two minutes have not changed it. */
  SourceSignatureRefusedError: { scope: 'call', disposition: 'retry', nextStep: again },
  /** HEAD and GET of one object disagree. Becomes a SourceProtocolError once two minutes have not changed it. */
  SourceInconsistentError: { scope: 'call', disposition: 'retry', nextStep: again },
  TruncatedReadError: { scope: 'call', disposition: 'retry', nextStep: again },
  TableUnavailableError: {
    scope: 'call',
    disposition: 'retry',
    nextStep: `Check the DynamoDB table and its throttling. ${again}`,
    onLaptop: checkDisk,
  },
  EventNotPublishedError: {
    scope: 'call',
    disposition: 'retry',
    nextStep: 'Check the event bus and the permission to put events on it.',
    onLaptop: againOnLaptop,
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
    onLaptop: againOnLaptop,
  },
  ExecutionUnknownError: {
    scope: 'call',
    disposition: 'retry',
    nextStep: 'Allow states:DescribeExecution on the state machine.',
    onLaptop: againOnLaptop,
  },

  SlotLostError: { scope: 'transfer', disposition: 'renew', nextStep: again },
  TransferPausedError: {
    scope: 'transfer',
    disposition: 'renew',
    nextStep: 'Resume transfers, or wait until the transfer window opens.',
  },
  PresignedUrlRejectedError: { scope: 'chunk', disposition: 'renew', nextStep: again },
  ChunkMismatchError: {
    scope: 'chunk',
    disposition: 'renew',
    nextStep: `Check what sits between Lambda and the upload host. ${again}`,
    onLaptop: `Check what lies between this computer and the upload host. ${againOnLaptop}`,
  },
  ProofConflictError: { scope: 'chunk', disposition: 'renew', nextStep: again },
  SessionExpiredError: { scope: 'session', disposition: 'renew', nextStep: again },
  CreateReplyLostError: { scope: 'session', disposition: 'renew', nextStep: again },

  InvalidInputError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: fixInput,
    onLaptop: 'Correct the command and run it again.',
  },
  ConfigurationError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Correct the configuration, then start again.',
    onLaptop: 'Fix the problem above, then run the command again.',
  },
  CredentialsRejectedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Put a valid API key into the secret, then start again.',
    onLaptop: 'Put a valid API key into TWELVE_LABS_API_KEY and run the command again.',
  },
  ApiNotAllowedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Ask the service to enable multipart uploads for this account.',
  },
  RequestRejectedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: "Read the service's own message, correct the input, start again.",
    onLaptop: "Read the service's own message, correct the command and run it again.",
  },
  ProtocolViolationError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'The service answered outside its documents; report it with the execution id.',
    onLaptop: 'The service answered outside its documents; report this message.',
  },
  /** What answers for S3 contradicts itself, or not what was asked: the service has no part in it. */
  SourceProtocolError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      'Check what answers for S3: a cache, a gateway, or a storage that ignores versions. Then start again.',
    onLaptop:
      'Check what answers for S3: a cache, a gateway, or a storage that ignores versions. Then run the command again.',
  },
  UploadHostRefusedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      'If uploads are meant to go to a private address, set privateUploadHosts. Otherwise report the host to the service.',
    onLaptop:
      'If uploads are meant to go to a private address, set PRIVATE_UPLOAD_HOSTS=true. Otherwise report the host to the service.',
  },
  UploadRefusedError: {
    scope: 'chunk',
    disposition: 'fail',
    nextStep: `Read the upload host's own words and check what lies between it and this network. ${again}`,
  },
  ChunkCorruptError: {
    scope: 'chunk',
    disposition: 'fail',
    nextStep:
      'Check what lies between this network and the upload host. A storage whose ETags are not MD5 sums must say so, as SSE-KMS does.',
  },
  LineTooSlowError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: `Raise sendTimeoutSeconds (900 at most), or run the transfer where the line is faster. ${again}`,
    onLaptop: `Run the command where the line is faster. ${againOnLaptop}`,
  },
  SourceNotConfiguredError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Add the bucket to the configured sources and deploy, or correct the bucket.',
    onLaptop: 'Correct the bucket and run the command again.',
  },
  SourceClaimRefusedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      "Find out who sent the event: the bucket is not one of that account's configured sources.",
    onLaptop: 'Name the object as s3://bucket/key.',
  },
  SourceRegionMismatchError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: "Correct the source's Region in the configuration and deploy.",
    onLaptop: "Set AWS_REGION to the bucket's Region and run the command again.",
  },
  SourceRoleRefusedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      "Check the reader role in the source's account: its name, its trust in this account, its external id.",
    onLaptop: 'Use AWS credentials that may read the object.',
  },
  SourceNotFoundError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Check bucket, key and versionId; keys are case-sensitive and not URL-encoded.',
    onLaptop: 'Check the name; keys are case-sensitive and not URL-encoded.',
  },
  SourceAccessDeniedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      "Check in this order what denies it: the bucket's policy; the KMS key's policy and the source's kmsKeyArn; for a bucket of another account, the prefixes that its source-account stack was deployed with; the organization's policies (SCP, RCP). Set requestPayer for a bucket whose requester pays, and waitWhileDenied where reads are denied for a while, such as until a virus scan ends.",
    onLaptop:
      'Use AWS credentials that allow the named action, and check the policies of the bucket, of its KMS key and of your organization. For a bucket whose requester pays, add --request-payer.',
  },
  SourceCredentialsRejectedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      'Start again: the functions then get new role credentials. If it fails again, check the reader role and any proxy that changes requests.',
    onLaptop:
      'Renew the AWS credentials, for example with `aws sso login`. For a wrong signature, also check the secret access key, the clock, and any proxy that changes requests.',
  },
  SourceContentEncodedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Store the decoded file, without Content-Encoding, then start again.',
  },
  SourceEmptyError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Upload the object again; it has no bytes.',
    onLaptop: 'Name a file that has bytes.',
  },
  SourceIsFolderError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Name an object, not a folder marker.',
    onLaptop: 'Name a file or an object, not a folder.',
  },
  SourceTooLargeError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      'Split or re-encode the file, or raise maxMediaBytes or maxImageBytes if the service takes more.',
    onLaptop: 'Split or re-encode the file.',
  },
  SourceTypeUnsupportedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      'Name a video, audio or image object. Or give the object such a content type, or add its suffix to the mediaTypes of the source (".ts":"video" for a transport stream) and deploy.',
    onLaptop:
      'Name a video, audio or image file by its usual extension: .m2ts for a transport stream.',
  },
  SourceArchivedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Restore the object from its archive class, then start again.',
    onLaptop: 'Restore the object from its archive class, then run the command again.',
  },
  SourceCustomerEncryptedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: "Copy the object to one encrypted with SSE-S3 or SSE-KMS; SSE-C keys can't be given.",
  },
  SourceSupersededError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      'Nothing: the object was overwritten or deleted; its new content is a transfer of its own.',
    onLaptop: 'Run the command again: it sends what is there now.',
  },
  SourceChecksumMismatchError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      "Delete the asset at the service and start again with force; the bytes sent differ from the object's checksum.",
    onLaptop:
      "Delete the asset at the service and run the command again with --force; the bytes sent differ from the object's checksum.",
  },
  PlanTooLargeError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      'Ask the service for larger chunks; the object needs more ranges than one execution can hold.',
    onLaptop:
      'Ask the service for larger chunks; the file needs more of them than one run can hold.',
  },
  TransferCancelledError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Start the object by hand to transfer it after all.',
    onLaptop: againOnLaptop,
  },
  StartsExhaustedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: `Open the last execution of this transfer and correct what ended it. ${again}`,
    onLaptop: againOnLaptop,
  },
  RoundsExhaustedError: { scope: 'transfer', disposition: 'fail', nextStep: again },
  SessionsExhaustedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: `Check the service for sessions that fail or vanish. ${again}`,
  },
  UploadFailedError: { scope: 'transfer', disposition: 'fail', nextStep: again },
  UploadNotConfirmedError: { scope: 'transfer', disposition: 'fail', nextStep: again },
  AssetFailedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: "Read the service's own text: the bytes arrived, but it can't use this file.",
  },
  AssetNotReadyError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Look the asset up at the service; if it is gone, start again with force.',
    onLaptop:
      'Look the asset up at the service; if it is gone, run the command again with --force.',
  },
  AssetMissingError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      'Look the asset up at the service. A new execution without force waits for it again and sends nothing twice.',
    onLaptop:
      'Look the asset up at the service. The same command without --force waits for it again and sends nothing twice.',
  },
  FencedOutError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Nothing: another execution has taken this transfer over.',
    onLaptop: 'Nothing: another run has taken this transfer over.',
  },
  ExecutionTimedOutError: { scope: 'transfer', disposition: 'fail', nextStep: again },
  ExecutionEndedError: { scope: 'transfer', disposition: 'fail', nextStep: again },
  PreflightFailedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Fix each reported check, then run the preflight again.',
  },
  OutcomeNotRecordedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: `Check the table and the event bus. ${again}`,
    onLaptop: checkDisk,
  },
  UnexpectedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'This is a bug: report it with the execution id.',
    onLaptop: 'This is a bug: report it with this message.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorName = keyof typeof errorCatalogue;

/** For an error that is none of ours: the machine or the function that ran the transfer failed. */
const platformNextStep: Readonly<Record<Runtime, string>> = {
  stack:
    'The platform failed, not the transfer: start a new execution with the same input, it continues from the chunks already kept.',
  laptop: againOnLaptop,
};

/** What to do about an error of this name, in the words of the place that the transfer runs in. */
export function nextStepOf(name: string, runtime: Runtime): string {
  if (!isErrorName(name)) return platformNextStep[runtime];
  const { nextStep, onLaptop }: ErrorEntry = errorCatalogue[name];
  if (runtime === 'stack') return nextStep;
  return onLaptop ?? nextStep.replace(again, againOnLaptop);
}

/** All names of one disposition, for the state machine's Retry and Catch. */
export function errorNames(disposition: Disposition): ErrorName[] {
  return (Object.keys(errorCatalogue) as ErrorName[]).filter(
    (name) => errorCatalogue[name].disposition === disposition,
  );
}

export function isErrorName(name: string): name is ErrorName {
  return Object.hasOwn(errorCatalogue, name);
}
