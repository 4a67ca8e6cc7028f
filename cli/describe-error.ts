import { systemProblem } from '#local/commands/system-problem.ts';
import { printable } from '#local/terminal/words.ts';
import { nextStepOf, type Runtime } from '#src/core/errors/error-lookup.ts';
import { asTransferError, isTransferError } from '#src/core/errors/transfer-error.ts';
import { CommandError } from './command-error.ts';
import type { Ending } from './exit-codes.ts';
import { missingPackage } from './missing-package.ts';

/** An error as the program ends with it. */
export interface EndingError {
  readonly ending: Ending;
  /** One line. */
  readonly line: string;
}

/** Endings by the names of the error catalogue. Any other name of the catalogue is `failed`. */
const endingsByName: Readonly<Record<string, Ending>> = {
  InvalidInputError: 'usage',
  ConfigurationError: 'usage',
  CredentialsRejectedError: 'credentials',
  SourceNotFoundError: 'notFound',
  SourceAccessDeniedError: 'denied',
  SourceRoleRejectedError: 'denied',
  ApiNotAllowedError: 'denied',
  TableUnavailableError: 'unavailable',
  RowContendedError: 'busy',
  ServiceUnavailableError: 'unavailable',
  NetworkError: 'unavailable',
  RequestTimeoutError: 'unavailable',
  ExecutionNotStartedError: 'unavailable',
  UnexpectedError: 'bug',
};

/** Returns why the program ends by this error, and the line that says so. No stack trace. */
export function describeError(error: unknown, runtime: Runtime): EndingError {
  const { ending, line } =
    commandEnding(error) ??
    packageEnding(error) ??
    diskEnding(error) ??
    transferEnding(error, runtime) ??
    bugEnding(error, runtime);
  return { ending, line: printable(line) };
}

function commandEnding(error: unknown): EndingError | undefined {
  if (!(error instanceof CommandError)) return undefined;
  return { ending: error.ending, line: error.message };
}

function packageEnding(error: unknown): EndingError | undefined {
  const line = missingPackage(error);
  return line === undefined ? undefined : { ending: 'usage', line };
}

function diskEnding(error: unknown): EndingError | undefined {
  const problem = systemProblem(error);
  if (!problem) return undefined;
  return { ending: 'disk', line: `${problem}. Fix this, then run the command again.` };
}

/** Describes an error of the catalogue. */
function transferEnding(error: unknown, runtime: Runtime): EndingError | undefined {
  if (!isTransferError(error)) return undefined;
  const { name, message } = error;
  const [ending, step] = knownCause(message) ?? [
    endingsByName[name] ?? 'failed',
    nextStepOf(name, runtime),
  ];
  return { ending, line: `${sentence(message)} ${step}` };
}

function bugEnding(error: unknown, runtime: Runtime): EndingError {
  const problem = sentence(`Unexpected error: ${asTransferError(error).message}`);
  return { ending: 'bug', line: `${problem} ${nextStepOf('UnexpectedError', runtime)}` };
}

/** Returns an error that ends the program with the next step of a runtime. */
export function errorIn(runtime: Runtime, error: unknown): CommandError {
  const { ending, line } = describeError(error, runtime);
  const described = new CommandError(ending, line, { cause: error });
  if (error instanceof Error && error.stack) described.stack = error.stack;
  return described;
}

/** Problems of the table and of local runs that the catalogue has no name for, with the way out. */
const knownCauses: readonly (readonly [RegExp, Ending, string])[] = [
  [
    /^Unreadable row /,
    'version',
    'It was written by another version of Chunkferry. Use the version that the stack was deployed with, or deploy this one.',
  ],
  [
    /does not have the specified index/,
    'version',
    'It belongs to another version of Chunkferry. Use the version that the stack was deployed with, or deploy this one.',
  ],
  [
    /^DynamoDB failed for table "[^"]*": (ExpiredToken|InvalidClientTokenId|UnrecognizedClient|InvalidSignature|CredentialsProviderError|(SSO)?TokenProviderError)/,
    'credentials',
    'Renew the credentials, or use another --profile.',
  ],
  [
    /^DynamoDB failed for table .*ResourceNotFoundException/,
    'notFound',
    'Deploy the stack again, or name another with --stack or --region.',
  ],
  [
    /^DynamoDB failed for table .*AccessDenied/,
    'denied',
    'Grant the action that the message names, on the table and its indexes, or use another --profile.',
  ],
  [/ is in use: another run/, 'busy', 'The other run continues.'],
];

function knownCause(message: string): readonly [Ending, string] | undefined {
  const found = knownCauses.find(([pattern]) => pattern.test(message));
  return found && [found[1], found[2]];
}

/** Ends a text with a full stop, if it has no mark at its end. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
