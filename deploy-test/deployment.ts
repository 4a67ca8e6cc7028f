import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import type { TwelveLabsSimulator } from '#local/simulators/twelvelabs/simulator.ts';
import type { Account } from './account.ts';
import type { Cdk, Context } from './cdk.ts';
import type { Emulator } from './emulator.ts';
import type { StackLine } from './pages/lines.ts';
import type { Surroundings, Terminal } from './pages/terminal.ts';
import type { Paths } from './paths.ts';
import type { Processes } from './processes.ts';

/** The resources of a scenario: emulator, service, tools and two accounts. */
export interface Harness {
  readonly paths: Paths;
  readonly processes: Processes;
  /** Folder of the Python programs. */
  readonly bin: string;
  readonly emulator: Emulator;
  readonly service: TwelveLabsSimulator;
  readonly cdk: Cdk;
  /** Runs the lines of the README and the other pages. */
  readonly terminal: Terminal;
  /** The account of the Chunkferry stack. */
  readonly home: Account;
  /** Another account in another Region, with its own bucket. */
  readonly source: Account;
}

/** The bucket whose events start transfers, as in the pages. */
export const filmBucket = 'my-videos';

/** The source account's bucket, as in the pages. */
export const farBucket = 'their-films';

/** The external id of the source account's reader role, as in the pages. */
export const externalId = 'our-word';

/** Returns the context of the Chunkferry stack. */
export function homeContext({ service, source }: Harness): Context {
  const { id: account, region } = source;
  return {
    sources: JSON.stringify([{ bucket: filmBucket }, { bucket: farBucket, account, region }]),
    sourceAccounts: JSON.stringify([{ account, externalId }]),
    baseUrl: service.baseUrl,
  };
}

/** Returns the context of the source stack. Without principals, its trust covers the whole account. */
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
  throw new Error(`Missing output "${key}" of the stack "${stack}"`);
}

export function machineArn({ home }: Harness): Promise<string> {
  return outputOf(home, 'Chunkferry', 'StateMachineArn');
}

/** Runs a line as the operator of Chunkferry, with the outputs of the stack. */
export function typeAtHome(
  { terminal, home, service }: Harness,
  line: StackLine,
  around: Pick<Surroundings, 'folder' | 'more'> = {},
): Promise<string> {
  return terminal.type(line, home, {
    context: { baseUrl: service.baseUrl },
    apiKey: service.apiKey,
    output: (name) => outputOf(home, 'Chunkferry', name),
    ...around,
  });
}

/** Puts the API key into the secret, as the pages describe after the first deployment. */
export function putApiKey(harness: Harness): Promise<string> {
  const line =
    'aws secretsmanager put-secret-value --secret-id <SecretArn> --secret-string "$TWELVE_LABS_API_KEY"';
  return typeAtHome(harness, line);
}
