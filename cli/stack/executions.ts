import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { sdkFailure } from '#src/aws/sdk-failure.ts';
import { executionArnOf } from '#src/core/queue/execution-arn.ts';
import { CommandError } from '../command-error.ts';
import type { DeployedStack } from './deployed-stack.ts';
import { operatorCall } from './operator-call.ts';

/** The executions of a stack, by one client with the operator's own credentials. */
export interface Executions {
  /** Returns the ARN of the execution with a name, whether it exists or not. */
  arnOf(name: string): string;
  /**
   * Starts an execution. A name starts one execution only.
   * @returns its ARN
   * @throws CommandError - StartExecution failed
   */
  start(name: string, input: unknown): Promise<string>;
  /**
   * Returns an execution as Step Functions describes it.
   * @throws CommandError - DescribeExecution failed
   */
  describe(arn: string): ReturnType<typeof describeExecution>;
}

/** Opens the executions of a stack. */
export function openExecutions(stack: DeployedStack): Executions {
  const client = new SFNClient(stack.clients);
  const stateMachineArn = stack.output('StateMachineArn');
  const arnOf = (name: string) => executionArnOf(stateMachineArn, name);
  return {
    arnOf,
    async start(name, input) {
      const command = { stateMachineArn, name, input: JSON.stringify(input) };
      await operatorCall('states:StartExecution', () => startOnce(client, command));
      return arnOf(name);
    },
    describe: (arn) =>
      operatorCall('states:DescribeExecution', () => describeExecution(client, arn)),
  };
}

async function startOnce(
  client: SFNClient,
  command: { readonly stateMachineArn: string; readonly name: string; readonly input: string },
): Promise<void> {
  try {
    await client.send(new StartExecutionCommand(command));
  } catch (error) {
    if (sdkFailure(error).name !== 'ExecutionAlreadyExists') throw error;
  }
}

function describeExecution(client: SFNClient, executionArn: string) {
  return client.send(new DescribeExecutionCommand({ executionArn }));
}

/** Returns whether a failed start was rejected or never sent. Any other start may have begun: its reply was lost. */
export function wasRejected(error: unknown): boolean {
  const { status = 0, wasSent } = sdkFailure(error instanceof CommandError ? error.cause : error);
  return !wasSent || (status >= 400 && status < 500);
}
