import { DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import type { Account } from './account.ts';

/**
 * Invokes a function of the stack, as an operator does with the AWS CLI, and returns its answer.
 * @param name - a part of the function's logical id, such as `Dispatch`
 * @throws Error - the function is missing or failed
 */
export async function invoke(
  home: Account,
  name: 'Dispatch' | 'Reconcile',
  payload: object,
): Promise<Readonly<Record<string, unknown>>> {
  const FunctionName = await functionName(home, name);
  const call = { FunctionName, Payload: Buffer.from(JSON.stringify(payload)) };
  const { FunctionError, Payload } = await home.lambda.send(new InvokeCommand(call));
  const answer = Buffer.from(Payload ?? []).toString();
  if (FunctionError) throw new Error(`${name} failed: ${answer}`);
  return JSON.parse(answer);
}

async function functionName({ cloudFormation }: Account, name: string): Promise<string> {
  const query = new DescribeStackResourcesCommand({ StackName: 'Chunkferry' });
  const { StackResources = [] } = await cloudFormation.send(query);
  const found = StackResources.find(
    ({ ResourceType, LogicalResourceId }) =>
      ResourceType === 'AWS::Lambda::Function' &&
      new RegExp(`${name}[0-9A-F]{8}$`).test(LogicalResourceId ?? ''),
  );
  if (found?.PhysicalResourceId) return found.PhysicalResourceId;
  throw new Error(`Missing function "${name}" of the stack "Chunkferry"`);
}
