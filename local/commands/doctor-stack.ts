import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import { readStackOutputs } from '#src/aws/stack-outputs.ts';
import { TransferError } from '#src/core/errors/errors.ts';
import { defaultKind, definitionOf } from '#src/destinations/registry.ts';
import type { LocalDefinition } from './destination-options.ts';
import { asOperator } from './doctor-failure.ts';

/** The resources in the stack's outputs. */
export interface DeployedStack {
  /** The state machine of the preflight. */
  readonly preflightArn: string;
  readonly secretArn: string;
  readonly definition: LocalDefinition;
}

/**
 * Finds a deployed stack by its name.
 * @throws ConfigurationError - the stack does not exist, has no preflight, or the call failed
 */
export async function findStack(name: string, region?: string): Promise<DeployedStack> {
  const client = new CloudFormationClient({ ...boundedCalls, ...(region && { region }) });
  const outputs = await asOperator('cloudformation:DescribeStacks', () => outputsOf(client, name));
  const output = (key: string) => {
    const value = outputs.get(key);
    if (value) return value;
    throw noStack(
      `Invalid stack ${JSON.stringify(name)}: it has no output ${key}. Its deployment has not finished, its version is older than this command, or it is not a Chunkferry stack`,
    );
  };
  const secretArn = output('SecretArn');
  // A stack of an earlier version has no output with its destination.
  const kind = outputs.get('Destination') ?? defaultKind;
  const definition = definitionOf(kind, `output Destination of the stack ${name}`);
  return { preflightArn: output('PreflightStateMachineArn'), secretArn, definition };
}

async function outputsOf(
  client: CloudFormationClient,
  name: string,
): Promise<ReadonlyMap<string, string>> {
  const outputs = await readStackOutputs(client, name);
  if (outputs) return outputs;
  const where = await client.config.region();
  throw noStack(
    `Stack ${JSON.stringify(name)} does not exist in ${where}. Use --stack and --region to name another`,
  );
}

function noStack(message: string): TransferError {
  return new TransferError('ConfigurationError', message);
}
