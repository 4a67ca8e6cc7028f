import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { CommandResult, QueueCommand } from '#src/admission/commands.ts';
import { CommandError } from '../command-error.ts';
import type { DeployedStack } from '../stack/deployed-stack.ts';
import { callAsOperator } from '../stack/operator-call.ts';

/**
 * Sends a command to the stack's dispatcher, which alone changes the queue.
 * @throws CommandError - the call failed, or the dispatcher rejected the command
 */
export async function sendCommand(
  stack: DeployedStack,
  command: QueueCommand,
): Promise<CommandResult> {
  const client = new LambdaClient(stack.clients);
  const reply = await callAsOperator('lambda:InvokeFunction', () =>
    client.send(
      new InvokeCommand({
        FunctionName: stack.output('DispatcherName'),
        Payload: JSON.stringify(command),
      }),
    ),
  );
  const answer = JSON.parse(Buffer.from(reply.Payload ?? []).toString() || '{}');
  if (!reply.FunctionError) return answer;
  throw new CommandError(
    'failed',
    `The dispatcher rejected the command ${JSON.stringify(command.command)}: ${answer.errorType}: ${answer.errorMessage} Correct this, then run the same command again.`,
  );
}
