import { type OperatorProblem, operatorFailure } from '#src/aws/operator-failure.ts';
import { isTransferError } from '#src/core/errors/errors.ts';
import { CommandError } from '../command-error.ts';
import type { Ending } from '../exit-codes.ts';

/**
 * Calls AWS with the operator's own credentials.
 * @param action - the permission that the call needs, such as `cloudformation:DescribeStacks`
 * @throws CommandError - the call failed; one line that names the action and the way out
 */
export async function operatorCall<T>(action: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw operatorError(action, error);
  }
}

type Description = readonly [Ending, (action: string, reason: string) => string];

/** How the program ends, and the line that says what failed and the way out. */
const descriptions: Readonly<Record<OperatorProblem, Description>> = {
  'no-region': ['usage', () => 'No AWS Region is set. Use --region, or set AWS_REGION.'],
  'expired-login': [
    'credentials',
    (_, reason) =>
      `The AWS SSO session has expired: ${reason}. Run aws sso login, then the same command again.`,
  ],
  'no-credentials': [
    'credentials',
    (_, reason) =>
      `No AWS credentials were found: ${reason}. Use --profile, or set AWS_PROFILE or AWS_ACCESS_KEY_ID.`,
  ],
  'rejected-credentials': [
    'credentials',
    (_, reason) =>
      `AWS rejected these credentials: ${reason}. Renew them, or use another --profile.`,
  ],
  denied: [
    'denied',
    (action, reason) =>
      `${action} was denied for these credentials: ${reason}. Grant ${action}, or use another --profile.`,
  ],
  other: [
    'unavailable',
    (action, reason) => `${action} failed: ${reason}. Run the same command again later.`,
  ],
};

function operatorError(action: string, error: unknown): unknown {
  if (error instanceof CommandError || isTransferError(error)) return error;
  const { problem, reason } = operatorFailure(error);
  const [ending, line] = descriptions[problem];
  return new CommandError(ending, line(action, reason), { cause: error });
}
