import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  Choice,
  Condition,
  Fail,
  type IChainable,
  Pass,
  Result,
  TaskInput,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import type { StepFunctions } from '#infra/lambda/step-function.ts';
import { type ErrorName, errorCatalogue } from '#src/core/errors/error-lookup.ts';
import { type NextAnswer, nextAnswers } from '#src/core/shared-with-infra/next-answers.ts';
import { functionEntries, type StepName } from '#src/core/shared-with-infra/step-names.ts';
import { retryInMap, retryPolicy } from './retry-policy.ts';

/**
 * A task may exceed its function's timeout by this time: that timeout does not count a cold start. A
 * shorter task timeout would cause a retry while the first invocation still sends.
 */
const coldStartAllowance = Duration.seconds(30);

/**
 * Returns the Task state of a step. It calls a published version of the function: an execution runs
 * the same code from start to end. The function's answer becomes the state's output.
 * @param payload - the function's input
 * @param more - `id` is the state's name, by default the step's
 */
export function createStepTask(
  scope: Construct,
  name: StepName,
  functions: StepFunctions,
  payload: Readonly<Record<string, unknown>>,
  more: Pick<CalledFunction, 'resultPath' | 'briefRetry'> & { readonly id?: string } = {},
): LambdaInvoke {
  const step = functions[name];
  const { id = name, ...others } = more;
  return createFunctionTask(scope, id, payload, {
    ...others,
    comment: functionEntries[name].purpose,
    // The cast: the two CDK types differ in how they declare an optional property.
    called: step.currentVersion as IFunction,
    timeLimit: step.timeLimit,
  });
}

/** The function that a Task state calls. */
export interface CalledFunction {
  readonly called: IFunction;
  /** Lambda ends an invocation after this time. */
  readonly timeLimit: Duration;
  readonly comment: string;
  readonly resultPath?: string;
  /** Retries briefly: in the Map, whose iterations share one history, and for work that a schedule repeats. */
  readonly briefRetry?: boolean;
}

/** Returns the Task state of a function, with its Retry. */
export function createFunctionTask(
  scope: Construct,
  id: string,
  payload: Readonly<Record<string, unknown>>,
  { called, timeLimit, briefRetry = false, ...more }: CalledFunction,
): LambdaInvoke {
  const task = new LambdaInvoke(scope, id, {
    ...more,
    lambdaFunction: called,
    payloadResponseOnly: true,
    payload: TaskInput.fromObject({ ...payload }),
    taskTimeout: Timeout.duration(timeLimit.plus(coldStartAllowance)),
    retryOnServiceExceptions: false,
  });
  for (const retry of briefRetry ? retryInMap : retryPolicy) task.addRetry(retry);
  return task;
}

/** The state that follows each answer of a step. A missing or an unknown answer is a type error. */
export type Branches<Step extends StepName> = Readonly<Record<NextAnswer<Step>, IChainable>>;

/** The Choice behind a step. */
export interface NextChoice<Step extends StepName> {
  readonly name: string;
  readonly step: Step;
  /** Where the step's answer is. Default: `$.next`. */
  readonly path?: string;
}

/**
 * Returns the Choice behind a step: it branches on the step's answer.
 * @param otherwise - the state for an answer outside the step's list, which only a bug can cause
 */
export function chooseNext<Step extends StepName>(
  scope: Construct,
  { name, step, path = '$.next' }: NextChoice<Step>,
  branches: Branches<Step>,
  otherwise: IChainable,
): Choice {
  const choice = new Choice(scope, name);
  const answers: readonly NextAnswer<Step>[] = nextAnswers[step];
  for (const answer of answers) {
    choice.when(Condition.stringEquals(path, answer), branches[answer]);
  }
  return choice.otherwise(otherwise);
}

/** The error that ends a transfer after an unknown answer. The step is named where the error is reported. */
const unknownAnswer = {
  Error: 'UnexpectedError' satisfies ErrorName,
  Cause: 'its answer has a next that the state machine does not know.',
} as const;

/** Stores an unknown answer as an error in the field that the step's Catch uses. */
export function keepUnknownAnswer(scope: Construct, name: string, resultPath: string): Pass {
  return new Pass(scope, name, { result: Result.fromObject(unknownAnswer), resultPath });
}

/** Ends an execution whose last step gave an unknown answer: no step is left that could record it. */
export function failUnknownAnswer(scope: Construct, name: string, step: StepName): Fail {
  const { nextStep } = errorCatalogue.UnexpectedError;
  const cause = `${step} failed: ${unknownAnswer.Cause} ${nextStep}`;
  return new Fail(scope, name, { error: unknownAnswer.Error, cause });
}
