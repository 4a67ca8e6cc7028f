import { checkDisk, type ErrorEntry, runAgain, startAgain } from './error-entry.ts';

/** The errors that end a transfer: only an operator or a user can help. */
export const finalErrors = {
  InvalidInputError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Correct the input, then start again.',
    localNextStep: 'Correct the command, then run it again.',
  },
  ConfigurationError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Correct the configuration, then start again.',
    localNextStep: 'Fix this problem, then run the command again.',
  },
  /** A queued transfer belongs to another destination than its execution. */
  DestinationChangedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      'Start the object by hand to send it to the present destination. To send it to the earlier one, deploy that destination again first.',
    localNextStep: 'Run the command again with the present destination.',
  },
  CredentialsRejectedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Put a valid API key into the secret, then start again.',
    localNextStep: 'Put a valid API key into its environment variable, then run the command again.',
  },
  ApiNotAllowedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Ask the service to enable multipart uploads for this account.',
  },
  RequestRejectedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Read the message of the service, correct the input, then start again.',
    localNextStep: 'Read the message of the service, correct the command, then run it again.',
  },
  /** The service has a file of this name, and the settings neither overwrite nor rename. */
  NameTakenError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      'Start again with another filename, or delete or rename the file at the service. To allow it for all files, set the reaction to a taken name to rename or overwrite.',
    localNextStep:
      'Run the command again with another filename, or delete or rename the file at the service.',
  },
  /** The service may have made the asset; its reply was lost, and a repeated call may make a second one. */
  CompletionUnknownError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      'Look for the file at the service, by its name and time. If it does not exist, start again with force.',
    localNextStep:
      'Look for the file at the service, by its name and time. If it does not exist, run the command again with --force.',
  },
  ProjectNotFoundError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Correct the project or folder in the configuration, then start again.',
    localNextStep: 'Correct the project or folder, then run the command again.',
  },
  ProjectDeniedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      "Give the token's user the permission to write into the project at the service, then start again.",
    localNextStep:
      "Give the token's user the permission to write into the project at the service, then run the command again.",
  },
  ProtocolViolationError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Report this with the execution id: the reply of the service breaks its API.',
    localNextStep: 'Report this message: the reply of the service breaks its API.',
  },
  /** The replies of S3, or of a gateway in its place, contradict each other or the request. */
  SourceProtocolError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      'Check every cache and gateway between Lambda and S3, and that the storage supports versions. Then start again.',
    localNextStep:
      'Check every cache and gateway between this computer and S3, and that the storage supports versions. Then run the command again.',
  },
  UploadHostRejectedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      'If uploads go to a private address on purpose, set privateUploadHosts. Otherwise report the host to the service.',
    localNextStep:
      'If uploads go to a private address on purpose, set PRIVATE_UPLOAD_HOSTS=true. Otherwise report the host to the service.',
  },
  UploadRejectedError: {
    scope: 'chunk',
    disposition: 'fail',
    nextStep: `Read the message of the upload host, and check every proxy and gateway between this network and that host. ${startAgain}`,
  },
  ChunkCorruptError: {
    scope: 'chunk',
    disposition: 'fail',
    nextStep:
      'Check every proxy and gateway between this network and the upload host. A storage whose ETags are not MD5 sums must declare it, as SSE-KMS does.',
  },
  ConnectionTooSlowError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: `Raise sendTimeoutSeconds (at most 900), or run the transfer on a faster connection. ${startAgain}`,
    localNextStep: `Run the command on a faster connection. ${runAgain}`,
  },
  SourceNotConfiguredError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Add the bucket to the configured sources and deploy, or correct the bucket name.',
    localNextStep: 'Correct the bucket name, then run the command again.',
  },
  SourceClaimRejectedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      'Find out which account sent the event. The bucket is not a configured source of that account.',
    localNextStep: 'Name the object as s3://bucket/key.',
  },
  SourceRegionMismatchError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Correct the Region of the source in the configuration, then deploy.',
    localNextStep: 'Set AWS_REGION to the Region of the bucket, then run the command again.',
  },
  SourceRoleRejectedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      "Check the reader role in the source's account: its name, its trust policy for this account, and its external id.",
    localNextStep: 'Use AWS credentials that may read the object.',
  },
  SourceNotFoundError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Check bucket, key and versionId. Keys are case-sensitive and not URL-encoded.',
    localNextStep: 'Check the name. Keys are case-sensitive and not URL-encoded.',
  },
  SourceAccessDeniedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      "Check these policies in this order: the bucket's policy; the KMS key's policy and the source's kmsKeyArn; for a bucket of another account, the prefixes of its source-account stack; the organization's policies (SCP, RCP). If the requester pays for the bucket, set requestPayer. If reads are denied for a limited time, for example during a virus scan, set waitWhileDenied.",
    localNextStep:
      'Use AWS credentials that allow the named action. Check the policies of the bucket, of its KMS key and of your organization. If the requester pays for the bucket, add --request-payer.',
  },
  SourceCredentialsRejectedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      'Start again: the functions then get new role credentials. If it fails again, check the reader role, and any proxy that changes requests.',
    localNextStep:
      'Renew the AWS credentials, for example with `aws sso login`. For a wrong signature, also check the secret access key, the clock, and any proxy that changes requests.',
  },
  SourceContentEncodedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Store the decoded file without Content-Encoding, then start again.',
  },
  SourceEmptyError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Upload the object again: it has 0 bytes.',
    localNextStep: 'Name a file that has bytes.',
  },
  SourceIsFolderError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Name an object, not a folder marker.',
    localNextStep: 'Name a file or an object, not a folder.',
  },
  SourceTooLargeError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      'Split or re-encode the file. If the service accepts more, raise the setting of the destination that limits the size.',
    localNextStep: 'Split or re-encode the file.',
  },
  SourceTypeUnsupportedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      'Name a video, audio or image object. Otherwise give the object such a content type, or add its suffix to the mediaTypes of the source (".ts":"video" for a transport stream) and deploy.',
    localNextStep:
      'Name a video, audio or image file with its usual extension (.m2ts for a transport stream), or say by --media-type what it is.',
  },
  SourceArchivedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Restore the object from its archive class, then start again.',
    localNextStep: 'Restore the object from its archive class, then run the command again.',
  },
  SourceCustomerEncryptedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      'Copy the object to an object encrypted with SSE-S3 or SSE-KMS. SSE-C keys are not supported.',
  },
  SourceSupersededError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      'Do nothing: the object was overwritten or deleted, and its new content is a transfer of its own.',
    localNextStep: 'Run the command again: it sends the present content.',
  },
  SourceChecksumMismatchError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      "Delete the asset at the service, then start again with force. The sent bytes differ from the object's checksum.",
    localNextStep:
      "Delete the asset at the service, then run the command again with --force. The sent bytes differ from the object's checksum.",
  },
  PlanTooLargeError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      'Ask the service for larger chunks. The object needs more ranges than one execution can plan.',
    localNextStep:
      'Ask the service for larger chunks. The file needs more chunks than one run can plan.',
  },
  TransferCancelledError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Start the object by hand if you want to transfer it.',
    localNextStep: runAgain,
  },
  StartsExhaustedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: `Open the last execution of this transfer and fix the error that ended it. ${startAgain}`,
    localNextStep: runAgain,
  },
  RoundsExhaustedError: { scope: 'transfer', disposition: 'fail', nextStep: startAgain },
  SessionsExhaustedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: `Check the service for sessions that fail or disappear. ${startAgain}`,
  },
  UploadFailedError: { scope: 'transfer', disposition: 'fail', nextStep: startAgain },
  UploadNotConfirmedError: { scope: 'transfer', disposition: 'fail', nextStep: startAgain },
  AssetFailedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Read the message of the service. All bytes arrived, but it cannot use this file.',
  },
  AssetNotReadyError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Check the asset at the service. If it does not exist, start again with force.',
    localNextStep:
      'Check the asset at the service. If it does not exist, run the command again with --force.',
  },
  AssetMissingError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep:
      'Check the asset at the service. A new execution without force waits for it again and sends no chunk.',
    localNextStep:
      'Check the asset at the service. The same command without --force waits for it again and sends no chunk.',
  },
  FencedOutError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Do nothing: another execution has taken over this transfer.',
    localNextStep: 'Do nothing: another run has taken over this transfer.',
  },
  ExecutionTimedOutError: { scope: 'transfer', disposition: 'fail', nextStep: startAgain },
  ExecutionEndedError: { scope: 'transfer', disposition: 'fail', nextStep: startAgain },
  PreflightFailedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Fix each reported check, then run the preflight again.',
  },
  OutcomeNotRecordedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: `Check the table and the event bus. ${startAgain}`,
    localNextStep: checkDisk,
  },
  UnexpectedError: {
    scope: 'transfer',
    disposition: 'fail',
    nextStep: 'Report this bug with the execution id.',
    localNextStep: 'Report this bug with this message.',
  },
} as const satisfies Record<string, ErrorEntry>;
