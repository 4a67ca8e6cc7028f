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

const command = new Command('doctor')
  .description(
    'Checks a deployed stack before the first file: every permission, key, bucket switch and quota, with the role that needs it. Moves nothing.',
  )
  .option('--stack <name>', 'name of the deployed stack', 'Chunkferry')
  .option('--region <region>', 'its Region; by default that of your AWS profile')
  .option('--json', 'print the findings as one JSON object on stdout, all else on stderr')
  .addHelpText(
    'after',
    `
Needs cloudformation:DescribeStacks, states:StartExecution, states:DescribeExecution,
states:GetExecutionHistory and secretsmanager:DescribeSecret, with the credentials of your AWS
profile or environment. Exits with 0 only if no check fails.`,
  )
  .action((flags: Flags) => runCommand(() => doctor(flags), { nextStep: again }));

await command.parseAsync();

async function doctor({ stack, region, json }: Flags): Promise<number> {
  const asJson = isJsonAsked(json);
  if (asJson) assertOnlyJson();
  const { stateMachineArn, secretArn } = await findStack(stack, region);
  say(`Preflight of ${stateMachineArn}`);
  const [secret, preflight] = await Promise.all([
    checkSecret(secretArn, region),
    runPreflight({
      stateMachineArn,
      region,
      clock: systemClock,
      progress: everyTenSeconds(),
    }).catch(withoutFindings),
  ]);
  const { steps = {}, problem }: Known = preflight;
  const findings = [secret, ...(problem ? [problem] : [])];
  const okay = findings.filter(({ ok }) => ok).length;
  const seen = { findings, passed: okay, failed: findings.length - okay };
  const groups = [{ by: 'Your own credentials', ...seen }, ...groupsOf(steps)];
  const { passed, failed } = totalOf(groups);
  const told = { status: 'preflight', passed, failed, operator: seen, steps };
  process.stdout.write(asJson ? `${JSON.stringify(told)}\n` : reportOf(groups));
  return failed === 0 ? 0 : 1;
}

/** What is known of a preflight: its findings, or why there are none. */
type Known = Partial<Pick<Preflight, 'steps'>> & { readonly problem?: Finding };

/** A preflight that could not be run or read is one more finding, so the list is still printed. */
function withoutFindings(error: unknown): Known {
  if (!isTransferError(error)) throw error;
  return { problem: failedByError('the preflight of the functions', error, again) };
}

function groupsOf(steps: Preflight['steps']): FindingGroup[] {
  return Object.entries(steps).map(([by, checked]) => ({ by, ...checked }));
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function everyTenSeconds(): (seconds: number) => void {
  let next = 10;
  return (seconds) => {
    if (seconds < next) return;
    next = seconds + 10;
    say(`  Still running after ${seconds} s`);
  };
}
