import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { type IChainable, JsonPath } from 'aws-cdk-lib/aws-stepfunctions';
import type { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import type { Dispatcher } from '#infra/constructs/dispatcher.ts';
import type { Reconciler } from '#infra/constructs/reconciler.ts';
import type { StepFunctions } from '#infra/lambda/step-function.ts';
import { type StepName, stepNames } from '#src/core/stack/step-names.ts';
import { functionTask, stepTask } from './step-task.ts';

/** The input that makes a function check its permissions only. */
const payload = {
  state: { preflight: true },
  executionId: JsonPath.stringAt('$$.Execution.Id'),
  startedAt: JsonPath.stringAt('$$.Execution.StartTime'),
};

/** RecordOutcome checks itself in its own state, which also writes the report. */
const checkedSteps = stepNames.filter((step) => step !== 'RecordOutcome');

/** The functions that the preflight checks. */
export interface CheckedFunctions {
  readonly functions: StepFunctions;
  readonly reconciler: Reconciler;
  readonly dispatcher: Dispatcher;
}

/**
 * Returns the states that make each function check what its role can reach. Each result is in the
 * state's data under the function's name; a function that cannot be called leaves its error there.
 * No transfer changes.
 * @param next - the state that writes the report
 */
export function preflightChecks(
  scope: Construct,
  { functions, reconciler, dispatcher }: CheckedFunctions,
  next: IChainable,
): IChainable {
  const steps = checkedSteps.map((step) => [step, checkTask(scope, step, functions)] as const);
  const checks = [
    ...steps,
    ['Reconcile', checkFunction(scope, 'Reconcile', reconciler)] as const,
    ['Dispatch', checkFunction(scope, 'Dispatch', dispatcher)] as const,
  ];
  return checks.reduceRight<IChainable>((following, [name, check]) => {
    check.addCatch(following, { resultPath: `$.${name}` });
    return check.next(following);
  }, next);
}

function checkTask(scope: Construct, step: StepName, functions: StepFunctions): LambdaInvoke {
  return stepTask(scope, step, functions, payload, { id: `Check${step}`, resultPath: `$.${step}` });
}

/** Calls the latest version, as the function's rules do: it belongs to no execution. */
function checkFunction(
  scope: Construct,
  name: string,
  { function: called, timeLimit }: Pick<Reconciler | Dispatcher, 'function' | 'timeLimit'>,
): LambdaInvoke {
  return functionTask(scope, `Check${name}`, payload, {
    // The cast: the two CDK types differ in how they declare an optional property.
    called: called as IFunction,
    timeLimit,
    comment: `Checks what ${name} can reach; changes nothing`,
    resultPath: `$.${name}`,
  });
}
