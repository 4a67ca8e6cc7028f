import { checkDisk, type ErrorEntry, ends, runAgain, startAgain } from './error-entry.ts';
import { sourceErrors } from './source-errors.ts';

/** The errors that end a transfer: only an operator or a user can help. */
export const finalErrors = {
  InvalidInputError: {
    ...ends,
    nextStep: 'Correct the input, then start again.',
    localNextStep: 'Correct the command, then run it again.',
  },
  ConfigurationError: {
    ...ends,
    nextStep: 'Correct the configuration, then start again.',
    localNextStep: 'Fix this problem, then run the command again.',
  },
  /** A queued transfer belongs to another destination than its execution. */
  DestinationChangedError: {
    ...ends,
    nextStep:
      'Start the object by hand to send it to the present destination. To send it to the earlier one, deploy that destination again first.',
    localNextStep: 'Run the command again with the present destination.',
  },
  CredentialsRejectedError: {
    ...ends,
    nextStep: 'Put a valid API key into the secret, then start again.',
    localNextStep: 'Put a valid API key into its environment variable, then run the command again.',
  },
  ApiNotAllowedError: {
    ...ends,
    nextStep: 'Ask the service to enable multipart uploads for this account.',
  },
  RequestRejectedError: {
    ...ends,
    nextStep: 'Read the message of the service, correct the input, then start again.',
    localNextStep: 'Read the message of the service, correct the command, then run it again.',
  },
  /** The service has a file of this name, and the settings neither overwrite nor rename. */
  NameTakenError: {
    ...ends,
    nextStep:
      'Start again with another filename, or delete or rename the file at the service. To allow it for all files, set the reaction to a taken name to rename or overwrite.',
    localNextStep:
      'Run the command again with another filename, or delete or rename the file at the service.',
  },
  /** The service may have made the asset; its reply was lost, and a repeated call may make a second one. */
  CompletionUnknownError: {
    ...ends,
    nextStep:
      'Look for the file at the service, by its name and time. If it does not exist, start again with force.',
    localNextStep:
      'Look for the file at the service, by its name and time. If it does not exist, run the command again with --force.',
  },
  ProjectNotFoundError: {
    ...ends,
    nextStep: 'Correct the project or folder in the configuration, then start again.',
    localNextStep: 'Correct the project or folder, then run the command again.',
  },
  /** The token's user lacks the permission, or the project is locked. */
  ProjectDeniedError: {
    ...ends,
    nextStep: "Let the token's user write to the project, or unlock it, then start again.",
    localNextStep:
      "Let the token's user write to the project, or unlock it, then run the command again.",
  },
  ProtocolViolationError: {
    ...ends,
    nextStep: 'Report this with the execution id: the reply of the service breaks its API.',
    localNextStep: 'Report this message: the reply of the service breaks its API.',
  },
  /** The replies of S3, or of a gateway in its place, contradict each other or the request. */
  SourceProtocolError: {
    ...ends,
    nextStep:
      'Check every cache and gateway between Lambda and S3, and that the storage supports versions. Then start again.',
    localNextStep:
      'Check every cache and gateway between this computer and S3, and that the storage supports versions. Then run the command again.',
  },
  UploadHostRejectedError: {
    ...ends,
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
    ...ends,
    nextStep: `Raise sendTimeoutSeconds (at most 900), or run the transfer on a faster connection. ${startAgain}`,
    localNextStep: `Run the command on a faster connection. ${runAgain}`,
  },
  ...sourceErrors,
  PlanTooLargeError: {
    ...ends,
    nextStep:
      'Ask the service for larger chunks. The object needs more ranges than one execution can plan.',
    localNextStep:
      'Ask the service for larger chunks. The file needs more chunks than one run can plan.',
  },
  TransferCancelledError: {
    ...ends,
    nextStep: 'Start the object by hand if you want to transfer it.',
    localNextStep: runAgain,
  },
  StartsExhaustedError: {
    ...ends,
    nextStep: `Open the last execution of this transfer and fix the error that ended it. ${startAgain}`,
    localNextStep: runAgain,
  },
  RoundsExhaustedError: { ...ends, nextStep: startAgain },
  SessionsExhaustedError: {
    ...ends,
    nextStep: `Check the service for sessions that fail or disappear. ${startAgain}`,
  },
  UploadFailedError: { ...ends, nextStep: startAgain },
  UploadNotConfirmedError: { ...ends, nextStep: startAgain },
  AssetFailedError: {
    ...ends,
    nextStep: 'Read the message of the service. All bytes arrived, but it cannot use this file.',
  },
  AssetNotReadyError: {
    ...ends,
    nextStep: 'Check the asset at the service. If it does not exist, start again with force.',
    localNextStep:
      'Check the asset at the service. If it does not exist, run the command again with --force.',
  },
  AssetMissingError: {
    ...ends,
    nextStep:
      'Check the asset at the service. A new execution without force waits for it again and sends no chunk.',
    localNextStep:
      'Check the asset at the service. The same command without --force waits for it again and sends no chunk.',
  },
  FencedOutError: {
    ...ends,
    nextStep: 'Do nothing: another execution has taken over this transfer.',
    localNextStep: 'Do nothing: another run has taken over this transfer.',
  },
  /** What ends an execution that waited out transient errors. Its message names the last of them. */
  OutageTooLongError: {
    ...ends,
    nextStep: `The message names the error that did not pass, and who answered. Wait until its cause is over. ${startAgain}`,
    localNextStep: `The message names the error that did not pass, and who answered. Wait until its cause is over. ${runAgain}`,
  },
  ExecutionTimedOutError: { ...ends, nextStep: startAgain },
  ExecutionEndedError: { ...ends, nextStep: startAgain },
  PreflightFailedError: {
    ...ends,
    nextStep: 'Fix each reported check, then run the preflight again.',
  },
  OutcomeNotRecordedError: {
    ...ends,
    nextStep: `Check the table and the event bus. ${startAgain}`,
    localNextStep: checkDisk,
  },
  UnexpectedError: {
    ...ends,
    nextStep: 'Report this bug with the execution id.',
    localNextStep: 'Report this bug with this message.',
  },
} as const satisfies Record<string, ErrorEntry>;
