import { Command } from 'commander';
import { systemClock } from '#src/config/system-clock.ts';
import { isTransferError } from '#src/core/errors/errors.ts';
import { type Finding, failedByError } from '#src/core/stack/preflight.ts';
import { runCommand } from './command-line.ts';
import { type Preflight, runPreflight } from './doctor-execution.ts';
import { type FindingGroup, reportOf, totalOf } from './doctor-report.ts';
import { checkSecret } from './doctor-secret.ts';
import { findStack } from './doctor-stack.ts';
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
  const deployed = await findStack(stack, region);
  const { preflightArn } = deployed;
  print(`Running the preflight ${preflightArn}`);
  const [secret, preflight] = await Promise.all([
    checkSecret(deployed, region),
    runPreflight({
      stateMachineArn: preflightArn,
      region,
      clock: systemClock,
      progress: everyTenSeconds(),
    }).catch(withoutFindings),
  ]);
  const { steps = {}, problem }: PreflightResult = preflight;
  const operator = withCounts([secret, ...(problem ? [problem] : [])]);
  const groups = [{ by: 'Your own credentials', ...operator }, ...groupsOf(steps)];
  const { passed, failed } = totalOf(groups);
  const result = { status: 'preflight', passed, failed, operator, steps };
  process.stdout.write(asJson ? `${JSON.stringify(result)}\n` : reportOf(groups));
  return failed === 0 ? 0 : 1;
}

function withCounts(findings: readonly Finding[]): Omit<FindingGroup, 'by'> {
  const passed = findings.filter(({ ok }) => ok).length;
  return { findings, passed, failed: findings.length - passed };
}

/** The findings of a preflight, or the problem that prevented it. */
type PreflightResult = Partial<Pick<Preflight, 'steps'>> & { readonly problem?: Finding };

/** Returns a failed preflight as a finding. The doctor still prints all other findings. */
function withoutFindings(error: unknown): PreflightResult {
  if (!isTransferError(error)) throw error;
  return { problem: failedByError('the preflight of the functions', error, again) };
}

function groupsOf(steps: Preflight['steps']): FindingGroup[] {
  return Object.entries(steps).map(([by, checked]) => ({ by, ...checked }));
}

function print(line: string): void {
  process.stderr.write(`${line}\n`);
}

function everyTenSeconds(): (seconds: number) => void {
  let next = 10;
  return (seconds) => {
    if (seconds < next) return;
    next = seconds + 10;
    print(`  Still running after ${seconds} s`);
  };
}
