import { DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import type { Account } from './account.ts';

/**
 * Invokes a function of the stack, as an operator does with the AWS CLI, and returns its answer.
 * @param name - what the function's logical id holds, such as `Dispatch`
 * @throws Error - the stack has no such function, or it failed
 */
export async function invoke(
  home: Account,
  name: 'Dispatch' | 'Reconcile',
  payload: object,
): Promise<Readonly<Record<string, unknown>>> {
  const FunctionName = await functionName(home, name);
  const ask = { FunctionName, Payload: Buffer.from(JSON.stringify(payload)) };
  const { FunctionError, Payload } = await home.lambda.send(new InvokeCommand(ask));
  const answer = Buffer.from(Payload ?? []).toString();
  if (FunctionError) throw new Error(`${name} failed: ${answer}`);
  return JSON.parse(answer);
}

async function functionName({ cloudFormation }: Account, name: string): Promise<string> {
  const ask = new DescribeStackResourcesCommand({ StackName: 'Chunkferry' });
  const { StackResources = [] } = await cloudFormation.send(ask);
  const found = StackResources.find(
    ({ ResourceType, LogicalResourceId }) =>
      ResourceType === 'AWS::Lambda::Function' &&
      new RegExp(`${name}[0-9A-F]{8}$`).test(LogicalResourceId ?? ''),
  );
  if (found?.PhysicalResourceId) return found.PhysicalResourceId;
  throw new Error(`the stack has no function ${name}`);
}
