import { type OperatorProblem, operatorFailure } from '#src/aws/operator-failure.ts';
import { isTransferError } from '#src/core/errors/transfer-error.ts';
import { CommandError } from '../command-error.ts';
import type { Ending } from '../exit-codes.ts';

/**
 * Calls AWS with the operator's own credentials.
 * @param action - the permission that the call needs, such as `cloudformation:DescribeStacks`
 * @throws CommandError - the call failed; one line that names the action and the way out
 */
export async function callAsOperator<T>(action: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw operatorError(action, error);
  }
}

type WayOut = readonly [Ending, (action: string) => string];

/** How the program ends, and what the operator does. */
const waysOut: Readonly<Record<OperatorProblem, WayOut>> = {
  'no-region': ['usage', () => 'Use --region, or set AWS_REGION.'],
  'expired-login': ['credentials', () => 'Run aws sso login, then the same command again.'],
  'no-credentials': [
    'credentials',
    () => 'Use --profile, or set AWS_PROFILE or AWS_ACCESS_KEY_ID.',
  ],
  'rejected-credentials': ['credentials', () => 'Renew them, or use another --profile.'],
  denied: ['denied', (action) => `Grant ${action}, or use another --profile.`],
  other: ['unavailable', () => 'Run the same command again later.'],
};

function operatorError(action: string, error: unknown): unknown {
  if (error instanceof CommandError || isTransferError(error)) return error;
  const { problem, summary } = operatorFailure(action, error);
  const [ending, step] = waysOut[problem];
  return new CommandError(ending, `${summary}. ${step(action)}`, { cause: error });
}
