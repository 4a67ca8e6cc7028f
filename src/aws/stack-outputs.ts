import { type CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { sdkFailure } from './sdk-failure.ts';

/**
 * Reads the outputs of a CloudFormation stack.
 * @param absent - creates the error for a stack that does not exist, from the sentence that says where
 * @throws what `absent` creates; the error of the SDK, for any other failure
 */
export async function readStackOutputs(
  client: CloudFormationClient,
  name: string,
  absent: (problem: string) => Error,
): Promise<ReadonlyMap<string, string>> {
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    const outputs = Stacks[0]?.Outputs ?? [];
    return new Map(outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
  } catch (error) {
    // CloudFormation reports it as a ValidationError, whose message is the only sign.
    if (!/does not exist/.test(sdkFailure(error).message)) throw error;
    const region = await client.config.region();
    throw absent(`Stack ${JSON.stringify(name)} does not exist in ${region}.`);
  }
}
