import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { readStackOutputs } from '#src/aws/stack-outputs.ts';
import { CommandError } from '../command-error.ts';
import type { Environment } from '../context.ts';
import type { PlaceFlags } from '../options.ts';
import { type ClientOptions, clientOptions } from './aws-clients.ts';
import { callAsOperator } from './operator-call.ts';

/** A deployed stack: where it is, and its outputs. */
export interface DeployedStack {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  /** The options of clients for the stack's account and Region. */
  readonly clients: ClientOptions;
  /**
   * Returns an output.
   * @throws CommandError - the stack has no such output: its version differs, or it is another stack
   */
  output(key: string): string;
  /** Returns an output; undefined if the stack has none of this name. */
  optionalOutput(key: string): string | undefined;
}

/**
 * Finds a deployed stack by its name.
 * @throws CommandError - the stack does not exist, or the call failed
 */
export async function findStack(flags: PlaceFlags, env: Environment): Promise<DeployedStack> {
  const clients = clientOptions(flags, env);
  const client = new CloudFormationClient(clients);
  const { stack: name } = flags;
  const outputs = await callAsOperator('cloudformation:DescribeStacks', () =>
    readStackOutputs(client, name, missingStackError),
  );
  const output = (key: string) => outputs.get(key) ?? missingOutput(name, key);
  const [, , , region = '', account = ''] = output('StateMachineArn').split(':');
  return { name, account, region, clients, output, optionalOutput: (key) => outputs.get(key) };
}

/** Describes the stack in one line: account, Region and stack. */
export function placeOf({ name, account, region }: DeployedStack): string {
  return `Stack ${name} in ${region}, account ${account}`;
}

function missingStackError(problem: string): CommandError {
  const step = 'Name another with --stack, --region or --profile.';
  return new CommandError('notFound', `${problem} ${step}`);
}

function missingOutput(name: string, key: string): never {
  throw new CommandError(
    'version',
    `Invalid stack ${JSON.stringify(name)}: it has no output ${key}. Its deployment has not finished, another version deployed it, or it is not a Chunkferry stack. Deploy it with this version, or name another with --stack.`,
  );
}
