import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { sdkFailure } from '#src/aws/sdk-failure.ts';
import { executionArnOf } from '#src/core/queue/execution-arn.ts';
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
  return executionArnOf(stateMachineArn, name);
}
