import * as z from 'zod/mini';
import { type ErrorName, errorCatalogue, isErrorName } from '#src/core/errors/error-lookup.ts';
import { type Finding, failedCheck } from '#src/core/preflight-findings.ts';
import { type FunctionName, functionNames } from '#src/core/shared-with-infra/step-names.ts';
import { readCauseMessage, toOneLine } from '#src/outcome/failure.ts';
import type { RecordOutcomeResult } from '#src/outcome/outcome.ts';
import { readState } from '#src/step-support/state.ts';
import type { Invocation } from '#src/step-support/step.ts';
import { checksOf, type PreflightPorts } from './checks.ts';
import { runChecks } from './run-checks.ts';

/** The findings of one function. A long list is cut. */
export interface StepFindings {
  /** Failed checks first, then skipped checks. */
  readonly findings: readonly Finding[];
  readonly passed: number;
  readonly failed: number;
}

/** The functions that a preflight calls one by one before RecordOutcome concludes it. */
export const preflightSteps = functionNames.filter((name) => name !== 'RecordOutcome');

/** Each step's share of a state of at most 256 KiB (AWS Step Functions quotas, 2026). */
const maxFindingsBytes = 11 * 1024;

/** The longest problem, in characters. Enough for the messages of S3 and IAM. */
const maxProblemLength = 600;

/** The longest cause of a failed execution, in characters. The console shows it completely. */
const maxCauseLength = 4_000;

/**
 * Checks everything that a function needs, with its own role. Creates nothing at the service or in a
 * bucket. Writes one small row, which expires, and publishes one event. Never rejects.
 * @param step - the step's name, as in the state machine
 */
export async function preflight(
  step: FunctionName,
  ports: PreflightPorts,
  invocation: Invocation,
): Promise<StepFindings> {
  const findings = await runChecks(ports, invocation, checksOf(step, ports, invocation));
  for (const { check, problem } of findings.filter(({ ok }) => !ok)) {
    ports.log.warn('preflight check failed', { check, problem });
  }
  const failed = findings.filter(({ ok }) => !ok).length;
  return { findings: cutToSize(findings), passed: findings.length - failed, failed };
}

/** Sorts failed findings first and cuts the list to `maxFindingsBytes`. */
function cutToSize(findings: readonly Finding[]): Finding[] {
  const weight = ({ ok, problem }: Finding) => (ok ? (problem === undefined ? 2 : 1) : 0);
  const sorted = findings.toSorted((a, b) => weight(a) - weight(b)).map(shorten);
  let bytes = 0;
  return sorted.filter((finding) => {
    bytes += Buffer.byteLength(JSON.stringify(finding));
    return bytes <= maxFindingsBytes;
  });
}

function shorten(finding: Finding): Finding {
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

/** The answer of each function by its name, or the error of its Task. */
const answersSchema = z.looseObject(
  Object.fromEntries(preflightSteps.map((step) => [step, z.optional(answerSchema)])),
);

type Answer = z.infer<typeof answerSchema>;

/**
 * Concludes a preflight from the findings of all functions. Runs RecordOutcome's own checks last.
 * @returns the end of the execution: success, or PreflightFailedError with every failed check
 * @throws InvalidInputError - the state contains an invalid answer
 */
export async function concludePreflight(
  ports: PreflightPorts,
  state: unknown,
  invocation: Invocation,
): Promise<RecordOutcomeResult> {
  const answers = readState(answersSchema, state) as Record<string, Answer | undefined>;
  const steps: Record<string, StepFindings> = Object.fromEntries(
    preflightSteps.map((step) => [step, findingsOf(answers[step])]),
  );
  steps.RecordOutcome = await preflight('RecordOutcome', ports, invocation);
  const passed = sumOf(steps, 'passed');
  const failed = sumOf(steps, 'failed');
  const output = { status: 'preflight', passed, failed, steps };
  if (failed === 0) return { next: 'succeed', output };
  const error: ErrorName = 'PreflightFailedError';
  return { next: 'fail', output, error, cause: causeOf(steps, passed, failed) };
}

/** Returns the findings in an answer. A failed Task counts as one failed check: its function did not run. */
function findingsOf(answer: Answer | undefined): StepFindings {
  if (answer && 'findings' in answer) return answer;
  return { findings: [functionFailure(answer)], passed: 0, failed: 1 };
}

const functionCheck = 'function: run it';

function functionFailure(
  answer: { readonly Error: string; readonly Cause: string } | undefined,
): Finding {
  if (!answer) {
    const nextStep = 'Deploy again: the state machine is older than its functions.';
    return failedCheck(functionCheck, 'the function returned no findings', nextStep);
  }
  const { Error: name, Cause } = answer;
  const nextStep = isErrorName(name)
    ? errorCatalogue[name].nextStep
    : "Check the function's log, and the state machine's permission to call it (lambda:InvokeFunction).";
  const message = toOneLine(readCauseMessage(Cause));
  return shorten(failedCheck(functionCheck, `${name}: ${message}`, nextStep));
}

function sumOf(steps: Readonly<Record<string, StepFindings>>, count: 'passed' | 'failed'): number {
  return Object.values(steps).reduce((total, step) => total + step[count], 0);
}

/**
 * Returns the failed checks in one line, each with the functions whose roles failed it. The console shows
 * only this line of a failed execution.
 */
function causeOf(
  steps: Readonly<Record<string, StepFindings>>,
  passed: number,
  failed: number,
): string {
  const stepsByProblem = new Map<string, string[]>();
  for (const [step, { findings }] of Object.entries(steps)) {
    for (const { check, problem } of findings.filter(({ ok }) => !ok)) {
      const line = [check, problem?.replace(/\.$/, '')].filter(Boolean).join(': ');
      stepsByProblem.set(line, [...(stepsByProblem.get(line) ?? []), step]);
    }
  }
  const problems = [...stepsByProblem].map(([line, names]) => `${names.join(', ')}: ${line}`);
  const line = `${failed} of ${passed + failed} checks failed: ${problems.join('; ')}`;
  const { nextStep } = errorCatalogue.PreflightFailedError;
  return `${line.length > maxCauseLength ? `${line.slice(0, maxCauseLength)}…` : line}. ${nextStep}`;
}
