import {
  Choice,
  Condition,
  Fail,
  type IChainable,
  JsonPath,
  Pass,
  Result,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { type ErrorName, errorCatalogue } from '#src/core/errors/error-lookup.ts';
import { type StepName, stepNames } from '#src/core/shared-with-infra/step-names.ts';

const name: ErrorName = 'OutcomeNotRecordedError';
const cause = `The outcome could not be recorded. ${errorCatalogue[name].nextStep}`;

/** Returns where the Catch of a step stores its error: below the step's name, which RecordOutcome reports. */
export function errorPathOf(step: StepName): string {
  return `$.errorIn.${step}`;
}

/** The steps before RecordOutcome. */
const failingSteps = stepNames.filter((step) => step !== 'RecordOutcome');

const errorCause = '$.error.Cause';
const message = '$.lambda.cause.errorMessage';

/** Where the words for the failed step are, such as "OpenSession failed: ". Empty without a failed step. */
const failedStep = '$.failed.step';

/**
 * Returns the states that end an execution whose outcome could not be recorded. The Cause begins with
 * the earlier error and its step, if there is one. Lambda wraps its message in JSON; the Cause shows the message.
 */
export function failUnrecorded(scope: Construct): IChainable {
  const failed = new Fail(scope, 'FailedUnrecorded', {
    errorPath: '$.error',
    causePath: '$.cause',
  });
  const report = (id: string, format: string, path: string) =>
    reportFailure(
      scope,
      id,
      JsonPath.format(
        `{}${format} ${cause}`,
        JsonPath.stringAt(failedStep),
        JsonPath.stringAt(path),
      ),
    ).next(failed);
  const unchanged = report('ReportFailure', '{}', errorCause);
  const read = new Pass(scope, 'ReadLambdaCause', {
    parameters: { cause: JsonPath.stringToJson(JsonPath.stringAt(errorCause)) },
    resultPath: '$.lambda',
  }).next(
    new Choice(scope, 'IsSentence')
      .when(isSentence(), report('ReportSentence', '{}', message))
      .when(isText(message), report('ReportMessage', '{}.', message))
      .otherwise(unchanged),
  );
  const earlier = new Choice(scope, 'HasFailedBefore')
    .when(isLambdaCause(), read)
    .when(Condition.and(isNamed(), isText(errorCause)), unchanged)
    .when(isNamed(), report('ReportName', '{}.', '$.error.Error'))
    .otherwise(new Fail(scope, 'OutcomeNotRecorded', { error: name, cause }));
  return takeStepError(scope, earlier);
}

/** Moves the error of a step to `$.error`, with the step's name. A path cannot name a step that is not known. */
function takeStepError(scope: Construct, earlier: IChainable): IChainable {
  const choice = new Choice(scope, 'HasStepFailed');
  for (const step of failingSteps) {
    const parameters = {
      error: JsonPath.objectAt(errorPathOf(step)),
      failed: { step: `${step} failed: ` },
    };
    const take = new Pass(scope, `TakeErrorOf${step}`, { parameters }).next(earlier);
    choice.when(Condition.isPresent(errorPathOf(step)), take);
  }
  const none = new Pass(scope, 'NoStepFailed', {
    result: Result.fromObject({ step: '' }),
    resultPath: '$.failed',
  });
  return choice.otherwise(none.next(earlier));
}

function reportFailure(scope: Construct, id: string, text: string): Pass {
  const parameters = { error: JsonPath.stringAt('$.error.Error'), cause: text };
  return new Pass(scope, id, { parameters });
}

function isNamed(): Condition {
  return Condition.isPresent('$.error.Error');
}

function isText(path: string): Condition {
  return Condition.and(Condition.isPresent(path), Condition.isString(path));
}

function isSentence(): Condition {
  return Condition.and(isText(message), Condition.stringMatches(message, '*.'));
}

/**
 * True if the cause begins and ends as Lambda's JSON. Parsing other text would end the execution
 * without any Catch. A cause that Step Functions has truncated does not end this way.
 */
function isLambdaCause(): Condition {
  const matches = (pattern: string) => Condition.stringMatches(errorCause, pattern);
  return Condition.and(
    isNamed(),
    isText(errorCause),
    Condition.or(matches('{"errorType":"*'), matches('{"errorMessage":"*')),
    Condition.or(matches('*"}'), matches('*"]}'), matches('*[]}')),
  );
}
