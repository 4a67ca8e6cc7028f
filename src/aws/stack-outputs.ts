import { type CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { sdkFailure } from './sdk-failure.ts';

/**
 * Reads the outputs of a CloudFormation stack. Returns undefined if the stack does not exist.
 * @throws the error of the SDK, for any other failure
 */
export async function readStackOutputs(
  client: CloudFormationClient,
  name: string,
): Promise<ReadonlyMap<string, string> | undefined> {
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    const outputs = Stacks[0]?.Outputs ?? [];
    return new Map(outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
  } catch (error) {
    // CloudFormation reports it as a ValidationError, whose message is the only sign.
    if (/does not exist/.test(sdkFailure(error).message)) return undefined;
    throw error;
  }
}
