import * as z from 'zod/mini';
import { type ErrorName, errorCatalogue, isErrorName } from '#src/core/errors/errors.ts';
import { type Finding, failedCheck } from '#src/core/stack/preflight.ts';
import { functionNames } from '#src/core/stack/step-names.ts';
import type { RecordAnswer } from '#src/steps/record-outcome/record-outcome.ts';
import { readCauseMessage, toOneLine } from '#src/transfer/failure.ts';
import { readState } from '#src/transfer/state.ts';
import type { Invocation } from '#src/transfer/step.ts';
import { checksOf, type PreflightPorts } from './checks.ts';
import { runChecks } from './run-checks.ts';

/** What one step found; where there were too many findings, not all of them are listed. */
export interface Checked {
  /** Those that failed come first, then those that could not be looked at. */
  readonly findings: readonly Finding[];
  readonly passed: number;
  readonly failed: number;
}

/** The functions that a preflight calls one by one before RecordOutcome concludes it. */
export const preflightSteps = functionNames.filter((name) => name !== 'RecordOutcome');

/** Each step's share of a state of at most 256 KiB (AWS Step Functions quotas, 2026). */
const maxFindingsBytes = 11 * 1024;

/** Enough for S3's and IAM's own words. */
const maxProblemLength = 600;

/** Of the one line that ends an execution; the console shows it whole. */
const maxCauseLength = 4_000;

/**
 * Tries, as the role that a step runs with, everything that the step will need. Makes nothing at the
 * service or in a bucket; writes one small row, which expires, and puts one event.
 * Never rejects: what is missing is a finding.
 * @param step - the step's name, as in the state machine
 */
export async function preflight(
  step: string,
  ports: PreflightPorts,
  invocation: Invocation,
): Promise<Checked> {
  const findings = await runChecks(ports, invocation, checksOf(step, ports, invocation));
  for (const { check, problem } of findings.filter(({ ok }) => !ok)) {
    ports.log.warn('preflight check failed', { check, problem });
  }
  const failed = findings.filter(({ ok }) => !ok).length;
  return { findings: fitting(findings), passed: findings.length - failed, failed };
}

/** Failed ones first; what does not fit is left out from the end. */
function fitting(findings: readonly Finding[]): Finding[] {
  const weight = ({ ok, problem }: Finding) => (ok ? (problem === undefined ? 2 : 1) : 0);
  const sorted = findings.toSorted((a, b) => weight(a) - weight(b)).map(shortened);
  let bytes = 0;
  return sorted.filter((finding) => {
    bytes += Buffer.byteLength(JSON.stringify(finding));
    return bytes <= maxFindingsBytes;
  });
}

function shortened(finding: Finding): Finding {
  const { problem = '' } = finding;
  if (problem.length <= maxProblemLength) return finding;
  return { ...finding, problem: `${problem.slice(0, maxProblemLength)}…` };
}

const findingSchema = z.object({
  check: z.string(),
  ok: z.boolean(),
  problem: z.optional(z.string()),
  nextStep: z.optional(z.string()),
});

const answerSchema = z.union([
  z.object({ findings: z.array(findingSchema), passed: z.number(), failed: z.number() }),
  z.object({ Error: z.string(), Cause: z._default(z.string(), '') }),
]);

/** Each step's answer under its name, or what its Task failed with. */
const answersSchema = z.looseObject(
  Object.fromEntries(preflightSteps.map((step) => [step, z.optional(answerSchema)])),
);

type Answer = z.infer<typeof answerSchema>;

/**
 * Concludes a preflight: what every step found and, tried last, what RecordOutcome's own role finds.
 * @returns the end of the execution: well, or as PreflightFailedError with every failed check by name
 * @throws InvalidInputError - an answer in the state is none of a step's
 */
export async function concludePreflight(
  ports: PreflightPorts,
  state: unknown,
  invocation: Invocation,
): Promise<RecordAnswer> {
  const answers = readState(answersSchema, state) as Record<string, Answer | undefined>;
  const steps: Record<string, Checked> = Object.fromEntries(
    preflightSteps.map((step) => [step, checkedOf(answers[step])]),
  );
  steps.RecordOutcome = await preflight('RecordOutcome', ports, invocation);
  const passed = sum(steps, 'passed');
  const failed = sum(steps, 'failed');
  const output = { status: 'preflight', passed, failed, steps };
  if (failed === 0) return { next: 'succeed', output };
  const error: ErrorName = 'PreflightFailedError';
  return { next: 'fail', output, error, cause: causeOf(steps, passed, failed) };
}

/** A Task that failed as a whole is one failed check: its function could not even begin. */
function checkedOf(answer: Answer | undefined): Checked {
  if (answer && 'findings' in answer) return answer;
  return { findings: [notRun(answer)], passed: 0, failed: 1 };
}

const functionCheck = 'function: run it';

function notRun(answer: { readonly Error: string; readonly Cause: string } | undefined): Finding {
  if (!answer) {
    const nextStep = 'Deploy again: the state machine is older than its functions.';
    return failedCheck(functionCheck, 'the step gave no answer', nextStep);
  }
  const { Error: name, Cause } = answer;
  const nextStep = isErrorName(name)
    ? errorCatalogue[name].nextStep
    : "Read the function's log and the state machine's permission to call it (lambda:InvokeFunction).";
  const said = toOneLine(readCauseMessage(Cause));
  return shortened(failedCheck(functionCheck, `${name}: ${said}`, nextStep));
}

function sum(steps: Readonly<Record<string, Checked>>, count: 'passed' | 'failed'): number {
  return Object.values(steps).reduce((total, step) => total + step[count], 0);
}

/**
 * One line; before each problem the steps whose roles have it, for one may do what another may not.
 * The console shows nothing else of an execution that failed.
 */
function causeOf(steps: Readonly<Record<string, Checked>>, passed: number, failed: number): string {
  const having = new Map<string, string[]>();
  for (const [step, { findings }] of Object.entries(steps)) {
    for (const { check, problem } of findings.filter(({ ok }) => !ok)) {
      const told = [check, problem?.replace(/\.$/, '')].filter(Boolean).join(': ');
      having.set(told, [...(having.get(told) ?? []), step]);
    }
  }
  const problems = [...having].map(([told, of]) => `${of.join(', ')}: ${told}`);
  const line = `${failed} of ${passed + failed} checks failed: ${problems.join('; ')}`;
  const { nextStep } = errorCatalogue.PreflightFailedError;
  return `${line.length > maxCauseLength ? `${line.slice(0, maxCauseLength)}…` : line}. ${nextStep}`;
}
