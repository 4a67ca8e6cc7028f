import {
  CloudFormationClient,
  type CloudFormationClientConfig,
} from '@aws-sdk/client-cloudformation';
import { readStackOutputs } from '#src/aws/stack-outputs.ts';
import { TransferError } from '#src/core/errors/errors.ts';
import { type DestinationKind, defaultKind, definitionOf } from '#src/destinations/registry.ts';
import type { AnyDefinition } from '#src/service-api/definition.ts';
import { asOperator } from './as-operator.ts';

/** Options of the AWS clients that work with the operator's own credentials. */
export type OperatorClients = Pick<
  CloudFormationClientConfig,
  'customUserAgent' | 'maxAttempts' | 'requestHandler' | 'region' | 'credentials' | 'profile'
>;

/** The parts of a stack that the doctor checks. */
export interface CheckedStack {
  /** The state machine of the preflight. */
  readonly preflightArn: string;
  readonly secretArn: string;
  readonly definition: AnyDefinition<DestinationKind>;
}

/**
 * Finds a deployed stack by its name.
 * @throws ConfigurationError - the stack does not exist, has no preflight, or the call failed
 */
export async function findStack(name: string, clients: OperatorClients): Promise<CheckedStack> {
  const client = new CloudFormationClient(clients);
  const outputs = await asOperator('cloudformation:DescribeStacks', () =>
    readStackOutputs(client, name, missingStack),
  );
  const output = (key: string) => {
    const value = outputs.get(key);
    if (value) return value;
    throw noStack(
      `Invalid stack ${JSON.stringify(name)}: it has no output ${key}. Its deployment has not finished, its version is older than this command, or it is not a Chunkferry stack`,
    );
  };
  const secretArn = output('SecretArn');
  const definition = definitionOfStack(name, outputs.get('Destination'));
  return { preflightArn: output('PreflightStateMachineArn'), secretArn, definition };
}

/** Returns the destination of a stack. A stack of an earlier version has no output with its kind. */
export function definitionOfStack(
  name: string,
  kind: string = defaultKind,
): AnyDefinition<DestinationKind> {
  return definitionOf(kind, `output Destination of the stack ${name}`);
}

function missingStack(problem: string): TransferError {
  return noStack(`${problem} Use --stack and --region to name another`);
}

function noStack(message: string): TransferError {
  return new TransferError('ConfigurationError', message);
}
