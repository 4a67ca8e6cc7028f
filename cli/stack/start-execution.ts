import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { sdkFailure } from '#src/aws/sdk-failure.ts';
import { executionArnOf } from '#src/core/queue/execution-arn.ts';
import { CommandError } from '../command-error.ts';
import type { DeployedStack } from './deployed-stack.ts';
import { operatorCall } from './operator-call.ts';

/**
 * Starts an execution of the stack with the operator's own credentials. A name starts one execution only.
 * @returns its ARN
 * @throws CommandError - StartExecution failed
 */
export async function startExecution(
  stack: DeployedStack,
  name: string,
  input: unknown,
): Promise<string> {
  const client = new SFNClient(stack.clients);
  const stateMachineArn = stack.output('StateMachineArn');
  const started = { stateMachineArn, name, input: JSON.stringify(input) };
  await operatorCall('states:StartExecution', async () => {
    try {
      await client.send(new StartExecutionCommand(started));
    } catch (error) {
      if (sdkFailure(error).name !== 'ExecutionAlreadyExists') throw error;
    }
  });
  return executionOf(stack, name);
}

/** Returns the ARN of the execution with a name, whether it exists or not. */
export function executionOf(stack: DeployedStack, name: string): string {
  return executionArnOf(stack.output('StateMachineArn'), name);
}

/** Returns whether a failed start was rejected or never sent. Any other start may have begun: its reply was lost. */
export function wasRejected(error: unknown): boolean {
  const { status = 0, wasSent } = sdkFailure(error instanceof CommandError ? error.cause : error);
  return !wasSent || (status >= 400 && status < 500);
}
