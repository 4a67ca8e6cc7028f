import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { describeSdkFailure, type SdkFailure, sdkFailure } from '#src/aws/sdk-failure.ts';
import { executionArnOf } from '#src/core/queue/execution-arn.ts';
import { isUnconnected } from '#src/http/network-failure.ts';
import { CommandError } from '../command-error.ts';
import type { DeployedStack } from './deployed-stack.ts';
import { callAsOperator } from './operator-call.ts';

/** The executions of a stack, by one client with the operator's own credentials. */
export interface Executions {
  /** Returns the ARN of the execution with a name, whether it exists or not. */
  arnOf(name: string): string;
  /**
   * Starts an execution. A name starts one execution only.
   * @returns its ARN
   * @throws UnclearStartError - the execution may have started
   * @throws CommandError - AWS rejected each try, or none was sent: nothing was started
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
      callAsOperator('states:DescribeExecution', () => describeExecution(client, arn)),
  };
}

/** A start that may have begun although it failed: the reply to one of its tries was lost. */
export class UnclearStartError extends CommandError {}

async function startOnce(client: SFNClient, command: StartExecutionCommand): Promise<void> {
  const tries = watchTries(command);
  try {
    await callAsOperator('states:StartExecution', () => client.send(command));
  } catch (error) {
    const failure = sdkFailure((error as Error).cause);
    if (failure.name === 'ExecutionAlreadyExists') return;
    if (tries.isUnclear) throw unclearStart(failure, error as Error);
    throw tries.wasSent ? error : unsentStart(failure, error as Error);
  }
}

function unclearStart(failure: SdkFailure, { cause }: Error): UnclearStartError {
  return new UnclearStartError(
    'unavailable',
    `states:StartExecution got no clear reply: ${reasonOf(failure)}. The transfer may have started: look for it with chunkferry list before you start it again.`,
    { cause },
  );
}

/** Returns the error of a start without a connection. An error that names its own way out, as of credentials, stays. */
function unsentStart(failure: SdkFailure, error: Error): Error {
  if (!(error instanceof CommandError) || error.ending !== 'unavailable') return error;
  return new CommandError(
    'unavailable',
    `states:StartExecution was not sent: ${reasonOf(failure)}. It started nothing. Run the same command again later.`,
    { cause: error.cause },
  );
}

function reasonOf(failure: SdkFailure): string {
  return describeSdkFailure(failure).replace(/\.$/, '');
}

/** What is known of the tries of a command. */
interface Tries {
  /** Whether one of them may have reached AWS. */
  wasSent: boolean;
  /** Whether one of them may have been carried out. */
  isUnclear: boolean;
}

/** Watches each try of a command. A reply that rejects the last try says nothing about an earlier one. */
function watchTries(command: StartExecutionCommand): Readonly<Tries> {
  const tries: Tries = { wasSent: false, isUnclear: false };
  command.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        const { status = 0 } = sdkFailure(error);
        const wasSent = !isUnconnected(error);
        tries.wasSent ||= wasSent;
        tries.isUnclear ||= wasSent && (status < 400 || status >= 500);
        throw error;
      }
    },
    // The step in which the SDK repeats; the lowest priority is called for each try.
    { step: 'finalizeRequest', priority: 'low', name: 'watchTries' },
  );
  return tries;
}

function describeExecution(client: SFNClient, executionArn: string) {
  return client.send(new DescribeExecutionCommand({ executionArn }));
}
