import { Command } from 'commander';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import { systemClock } from '#src/config/system-clock.ts';
import { findStack } from '../doctor/checked-stack.ts';
import { examineStack } from '../doctor/examine-stack.ts';
import { reportOf } from '../doctor/report.ts';
import { runCommand } from './command-line.ts';
import { assertOnlyJson, isJsonAsked } from './json-output.ts';

interface Flags {
  readonly stack: string;
  readonly region?: string;
  readonly json?: boolean;
}

const again = 'Fix this, then run npm run doctor again.';

/** The command `npm run doctor`. */
export const command = new Command('npm run doctor --')
  .description(
    'Checks a deployed stack before the first file: every permission, key, bucket setting and quota, with the role that needs it. Moves nothing.',
  )
  .option('--stack <name>', 'name of the deployed stack', 'Chunkferry')
  .option('--region <region>', 'Region of the stack (default: the Region of your AWS profile)')
  .option('--json', 'print the findings as one JSON object on stdout, all other output on stderr')
  .addHelpText(
    'after',
    `
Uses the credentials of your AWS profile or environment. They need cloudformation:DescribeStacks,
secretsmanager:DescribeSecret, and for the stack's preflight states:StartExecution,
states:DescribeExecution and states:GetExecutionHistory.

Exits with 0 if no check fails, else with 1.`,
  )
  .action((flags: Flags) => runCommand(() => doctor(flags), { nextStep: again }));

if (import.meta.main) await command.parseAsync();

async function doctor({ stack, region, json }: Flags): Promise<number> {
  const asJson = isJsonAsked(json);
  if (asJson) assertOnlyJson();
  const clients = { ...boundedCalls, ...(region && { region }) };
  const deployed = await findStack(stack, clients);
  print(`Running the preflight ${deployed.preflightArn}`);
  const examination = { clients, clock: systemClock, again, print };
  const { groups, failed, report } = await examineStack(deployed, examination);
  process.stdout.write(asJson ? `${JSON.stringify(report)}\n` : reportOf(groups));
  return failed === 0 ? 0 : 1;
}

function print(line: string): void {
  process.stderr.write(`${line}\n`);
}
