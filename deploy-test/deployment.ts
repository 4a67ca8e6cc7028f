import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import type { TwelveLabsSimulator } from '#local/simulators/twelvelabs/simulator.ts';
import type { Account } from './account.ts';
import type { Cdk, Context } from './cdk.ts';
import type { Emulator } from './emulator.ts';
import type { StackLine } from './pages/lines.ts';
import type { Terminal } from './pages/terminal.ts';
import type { Places } from './places.ts';
import type { Processes } from './processes.ts';

/** All that a scenario works with. */
export interface Stage {
  readonly places: Places;
  readonly processes: Processes;
  /** Folder of the Python programs. */
  readonly bin: string;
  readonly emulator: Emulator;
  readonly service: TwelveLabsSimulator;
  readonly cdk: Cdk;
  /** Types the lines of the README and the other pages. */
  readonly terminal: Terminal;
  /** Chunkferry is deployed here. */
  readonly home: Account;
  /** Another account, in another Region, with a bucket of its own. */
  readonly source: Account;
}

/** The bucket whose events start transfers, as the README calls it. */
export const filmBucket = 'my-videos';

/** The source account's bucket, as the README calls it. */
export const farBucket = 'their-films';

/** What the reader role of the source account asks for, in the README's words. */
export const externalId = 'our-word';

/** The context that Chunkferry is deployed with. */
export function homeContext({ service, source }: Stage): Context {
  const { id: account, region } = source;
  return {
    sources: JSON.stringify([{ bucket: filmBucket }, { bucket: farBucket, account, region }]),
    sourceAccounts: JSON.stringify([{ account, externalId }]),
    baseUrl: service.baseUrl,
  };
}

/** The context that the source stack is deployed with; empty principals leave the trust wide. */
export function sourceContext(busArn: string, readerPrincipalArns: string): Context {
  const stack = 'source-account';
  return { stack, busArn, sourceBuckets: farBucket, externalId, readerPrincipalArns };
}

/** @throws Error - the stack has no such output */
export async function outputOf(
  { cloudFormation }: Account,
  stack: string,
  key: string,
): Promise<string> {
  const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stack }));
  const output = Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === key);
  if (output?.OutputValue) return output.OutputValue;
  throw new Error(`the stack ${stack} has no output ${key}`);
}

export function machineArn({ home }: Stage): Promise<string> {
  return outputOf(home, 'Chunkferry', 'StateMachineArn');
}

/** Types a line as the operator of Chunkferry, who has the outputs of the stack at hand. */
export function typeAtHome({ terminal, home, service }: Stage, line: StackLine): Promise<string> {
  return terminal.type(line, home, {
    context: { baseUrl: service.baseUrl },
    apiKey: service.apiKey,
    output: (name) => outputOf(home, 'Chunkferry', name),
  });
}

/** What the README tells a person to do after the first deployment. */
export function putApiKey(stage: Stage): Promise<string> {
  return typeAtHome(stage, 'aws secretsmanager put-secret-value …');
}
