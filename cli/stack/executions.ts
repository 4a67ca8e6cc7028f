import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { describeSdkFailure, sdkFailure } from '#src/aws/sdk-failure.ts';
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
   * @throws UnclearStartError - the execution may have started
   * @throws CommandError - AWS rejected each try, or none was sent
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
      const command = new StartExecutionCommand({
        stateMachineArn,
        name,
        input: JSON.stringify(input),
      });
      await startOnce(client, command);
      return arnOf(name);
    },
    describe: (arn) =>
      operatorCall('states:DescribeExecution', () => describeExecution(client, arn)),
  };
}

/** A start that may have begun although it failed: the reply to one of its tries was lost. */
export class UnclearStartError extends CommandError {}

async function startOnce(client: SFNClient, command: StartExecutionCommand): Promise<void> {
  const tries = watchTries(command);
  try {
    await operatorCall('states:StartExecution', () => client.send(command));
  } catch (error) {
    const { cause } = error as Error;
    if (sdkFailure(cause).name === 'ExecutionAlreadyExists') return;
    if (!tries.isUnclear()) throw error;
    throw new UnclearStartError(
      'unavailable',
      `states:StartExecution got no clear reply: ${describeSdkFailure(sdkFailure(cause)).replace(/\.$/, '')}. The transfer may have started: look for it with chunkferry list before you start it again.`,
      { cause },
    );
  }
}

/** Watches each try of a command. A reply that rejects the last try says nothing about an earlier one. */
function watchTries(command: StartExecutionCommand): { isUnclear(): boolean } {
  let isUnclear = false;
  command.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        const { status = 0 } = sdkFailure(error);
        isUnclear ||= status < 400 || status >= 500;
        throw error;
      }
    },
    // The step in which the SDK repeats; the lowest priority is called for each try.
    { step: 'finalizeRequest', priority: 'low', name: 'watchTries' },
  );
  return { isUnclear: () => isUnclear };
}

function describeExecution(client: SFNClient, executionArn: string) {
  return client.send(new DescribeExecutionCommand({ executionArn }));
}
