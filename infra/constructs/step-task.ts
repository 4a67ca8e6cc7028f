import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  Choice,
  Condition,
  type IChainable,
  Pass,
  Result,
  TaskInput,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import type { StepFunctions } from '#infra/lambda/step-function.ts';
import type { ErrorName } from '#src/core/errors/errors.ts';
import { type AnsweringStep, type NextAnswer, nextAnswers } from '#src/core/stack/next-answers.ts';
import { functionEntries, type StepName } from '#src/core/stack/step-names.ts';
import { retryInMap, retryPolicy } from './retry-policy.ts';

/**
 * What a task may take beyond its function's own timeout, which does not count a cold start. A task
 * that gave up earlier would be tried again while the first invocation still sends.
 */
const coldStartAllowance = Duration.seconds(30);

/**
 * One Task state: calls the published version of the step's function, so that an execution ends
 * with the code it began with, and hands the function's answer on as it is.
 * @param payload - what the function is called with
 * @param more - where the answer goes, whether it gives up soon, and the state's name where it is not the step's
 */
export function stepTask(
  scope: Construct,
  name: StepName,
  functions: StepFunctions,
  payload: Readonly<Record<string, unknown>>,
  more: Pick<CalledFunction, 'resultPath' | 'briefRetry'> & { readonly id?: string } = {},
): LambdaInvoke {
  const step = functions[name];
  const { id = name, ...given } = more;
  return functionTask(scope, id, payload, {
    ...given,
    comment: functionEntries[name].purpose,
    // The cast: the two CDK types differ in how they declare an optional property.
    called: step.currentVersion as IFunction,
    timeLimit: step.timeLimit,
  });
}

/** What a Task calls, and where its answer goes. */
export interface CalledFunction {
  readonly called: IFunction;
  /** After which Lambda ends an invocation. */
  readonly timeLimit: Duration;
  readonly comment: string;
  readonly resultPath?: string;
  /** Whether it gives up soon: in the map, whose iterations share one history, and where others repeat the work. */
  readonly briefRetry?: boolean;
}

/** One Task state of any function, with its Retry. */
export function functionTask(
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
export type Branches<Step extends AnsweringStep> = Readonly<Record<NextAnswer<Step>, IChainable>>;

/**
 * Returns the Choice behind a step: it branches on the step's answer, `$.next`.
 * @param name - the name of the Choice state
 * @param otherwise - the state for an answer outside the step's list, which only a bug can give
 */
export function chooseNext<Step extends AnsweringStep>(
  scope: Construct,
  name: string,
  step: Step,
  branches: Branches<Step>,
  otherwise: IChainable,
): Choice {
  const choice = new Choice(scope, name);
  const answers: readonly NextAnswer<Step>[] = nextAnswers[step];
  for (const answer of answers) {
    choice.when(Condition.stringEquals('$.next', answer), branches[answer]);
  }
  return choice.otherwise(otherwise);
}

/** The name under which an answer that no state knows ends a transfer. */
export const unknownAnswer = {
  Error: 'UnexpectedError' satisfies ErrorName,
  Cause: 'A step answered a next that the state machine does not know. This is a bug: report it.',
} as const;

/** Keeps an unknown answer as the error it is, where Catch would have kept one. */
export function keepUnknownAnswer(scope: Construct, name: string): Pass {
  return new Pass(scope, name, {
    result: Result.fromObject(unknownAnswer),
    resultPath: '$.error',
  });
}
