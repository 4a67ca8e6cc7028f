import { type IChainable, JsonPath } from 'aws-cdk-lib/aws-stepfunctions';
import type { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { type StepName, stepNames } from '../steps.ts';
import { type StepFunctions, stepTask } from './step-task.ts';

/** What a function is called with that shall only try its permissions. */
const payload = {
  state: { preflight: true },
  executionId: JsonPath.stringAt('$$.Execution.Id'),
  startedAt: JsonPath.stringAt('$$.Execution.StartTime'),
};

/** The last step is asked by its own state, which draws the sum. */
const askedSteps = stepNames.filter((step) => step !== 'RecordOutcome');

/**
 * Asks each function, with its own role, what it can reach, and keeps the answers in the state under
 * the names of the steps; one that can't even be called leaves its error there. Nothing is moved.
 * @param next - the state that draws the sum
 */
export function preflightChecks(
  scope: Construct,
  functions: StepFunctions,
  next: IChainable,
): IChainable {
  return askedSteps.reduceRight((following, step) => {
    const check = checkTask(scope, step, functions);
    check.addCatch(following, { resultPath: `$.${step}` });
    return check.next(following);
  }, next);
}

function checkTask(scope: Construct, step: StepName, functions: StepFunctions): LambdaInvoke {
  return stepTask(scope, step, functions, payload, { id: `Check${step}`, resultPath: `$.${step}` });
}
