import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { type IChainable, JsonPath } from 'aws-cdk-lib/aws-stepfunctions';
import type { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import type { StepFunctions } from '#infra/lambda/step-function.ts';
import { type StepName, stepNames } from '#src/core/stack/step-names.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Reconciler } from './reconciler.ts';
import { functionTask, stepTask } from './step-task.ts';

/** What a function is called with that shall only try its permissions. */
const payload = {
  state: { preflight: true },
  executionId: JsonPath.stringAt('$$.Execution.Id'),
  startedAt: JsonPath.stringAt('$$.Execution.StartTime'),
};

/** The last step is asked by its own state, which draws the sum. */
const askedSteps = stepNames.filter((step) => step !== 'RecordOutcome');

/** Who is asked beside the last step. */
export interface AskedFunctions {
  readonly functions: StepFunctions;
  /** Of no step: it settles what no Catch sees, by the same table, key and bus. */
  readonly reconciler: Reconciler;
  /** Of no step either: it starts queued transfers. */
  readonly dispatcher: Dispatcher;
}

/**
 * Asks each function, with its own role, what it can reach, and keeps the answers in the state under
 * the names of the steps; one that can't even be called leaves its error there. Nothing is moved, and
 * nothing settled.
 * @param next - the state that draws the sum
 */
export function preflightChecks(
  scope: Construct,
  { functions, reconciler, dispatcher }: AskedFunctions,
  next: IChainable,
): IChainable {
  const steps = askedSteps.map((step) => [step, checkTask(scope, step, functions)] as const);
  const asked = [
    ...steps,
    ['Reconcile', checkFunction(scope, 'Reconcile', reconciler)] as const,
    ['Dispatch', checkFunction(scope, 'Dispatch', dispatcher)] as const,
  ];
  return asked.reduceRight<IChainable>((following, [name, check]) => {
    check.addCatch(following, { resultPath: `$.${name}` });
    return check.next(following);
  }, next);
}

function checkTask(scope: Construct, step: StepName, functions: StepFunctions): LambdaInvoke {
  return stepTask(scope, step, functions, payload, { id: `Check${step}`, resultPath: `$.${step}` });
}

/** As its rules call it: whatever is deployed now, for it belongs to no execution. */
function checkFunction(
  scope: Construct,
  name: string,
  { function: called, timeLimit }: Pick<Reconciler | Dispatcher, 'function' | 'timeLimit'>,
): LambdaInvoke {
  return functionTask(scope, `Check${name}`, payload, {
    // The cast: the two CDK types differ in how they declare an optional property.
    called: called as IFunction,
    timeLimit,
    comment: `Tries what ${name} can reach; changes nothing`,
    resultPath: `$.${name}`,
  });
}
