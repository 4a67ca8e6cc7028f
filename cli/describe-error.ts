import { systemProblem } from '#local/commands/system-problem.ts';
import { printable } from '#local/terminal/words.ts';
import { isTransferError, nextStepOf, type Runtime } from '#src/core/errors/errors.ts';
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
  ServiceUnavailableError: 'unavailable',
  NetworkError: 'unavailable',
  RequestTimeoutError: 'unavailable',
  ExecutionNotStartedError: 'unavailable',
  UnexpectedError: 'bug',
};

/** Returns why the program ends by this error, and the line that says so. No stack trace. */
export function describeError(error: unknown, runtime: Runtime): EndingError {
  if (error instanceof CommandError)
    return { ending: error.ending, line: printable(error.message) };
  const missing = missingPackage(error);
  if (missing) return { ending: 'usage', line: missing };
  const problem = systemProblem(error);
  if (problem)
    return { ending: 'disk', line: printable(`${problem}. Fix this, then run the command again.`) };
  if (isTransferError(error)) {
    const { name, message } = error;
    const known = knownCause(message);
    if (known) return { ending: known[0], line: printable(`${sentence(message)} ${known[1]}`) };
    const ending = endingsByName[name] ?? 'failed';
    return { ending, line: printable(`${sentence(message)} ${nextStepOf(name, runtime)}`) };
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    ending: 'bug',
    line: printable(
      `${sentence(`Unexpected error: ${text}`)} ${nextStepOf('UnexpectedError', runtime)}`,
    ),
  };
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
