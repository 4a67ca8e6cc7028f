import { isTransferError } from '#src/core/errors/transfer-error.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import { type Finding, failedByError } from '#src/core/preflight-findings.ts';
import { checkSecret } from './check-secret.ts';
import type { CheckedStack, OperatorClients } from './checked-stack.ts';
import { type FindingGroup, totalOf } from './report.ts';
import { type Preflight, runPreflight } from './run-preflight.ts';

/** What an examination works with. */
export interface ExaminationOptions {
  readonly clients: OperatorClients;
  readonly clock: Clock;
  /** The next step if the preflight could not be run. */
  readonly again: string;
  /** Prints a line while the preflight runs. */
  readonly print: (line: string) => void;
}

/** What the doctor found. */
export interface Examination {
  readonly groups: readonly FindingGroup[];
  readonly passed: number;
  readonly failed: number;
  /** The findings as JSON shows them. */
  readonly report: Readonly<Record<string, unknown>>;
}

/** Checks a deployed stack: its secret with the operator's own credentials, all else by its preflight. */
export async function examineStack(
  stack: CheckedStack,
  { clients, clock, again, print }: ExaminationOptions,
): Promise<Examination> {
  const stateMachineArn = stack.preflightArn;
  const progress = everyTenSeconds(print);
  const [secret, preflight] = await Promise.all([
    checkSecret(stack, clients),
    runPreflight({ stateMachineArn, clients, clock, progress }).catch((error) =>
      withoutFindings(error, again),
    ),
  ]);
  const { steps = {}, problem }: PreflightResult = preflight;
  const operator = withCounts([secret, ...(problem ? [problem] : [])]);
  const groups = [{ by: 'Your own credentials', ...operator }, ...groupsOf(steps)];
  const { passed, failed } = totalOf(groups);
  const report = { status: 'preflight', passed, failed, operator, steps };
  return { groups, passed, failed, report };
}

function withCounts(findings: readonly Finding[]): Omit<FindingGroup, 'by'> {
  const passed = findings.filter(({ ok }) => ok).length;
  return { findings, passed, failed: findings.length - passed };
}

/** The findings of a preflight, or the problem that prevented it. */
type PreflightResult = Partial<Pick<Preflight, 'steps'>> & { readonly problem?: Finding };

/** Returns a failed preflight as a finding. The doctor still prints all other findings. */
function withoutFindings(error: unknown, again: string): PreflightResult {
  if (!isTransferError(error)) throw error;
  return { problem: failedByError('the preflight of the functions', error, again) };
}

function groupsOf(steps: Preflight['steps']): FindingGroup[] {
  return Object.entries(steps).map(([by, checked]) => ({ by, ...checked }));
}

function everyTenSeconds(print: (line: string) => void): (seconds: number) => void {
  let next = 10;
  return (seconds) => {
    if (seconds < next) return;
    next = seconds + 10;
    print(`  Still running after ${seconds} s`);
  };
}
