import {
  Choice,
  Condition,
  Fail,
  type IChainable,
  JsonPath,
  Pass,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { type ErrorName, errorCatalogue } from '#src/core/errors/errors.ts';

const name: ErrorName = 'OutcomeNotRecordedError';
const cause = `The outcome could not be recorded. ${errorCatalogue[name].nextStep}`;

const errorCause = '$.error.Cause';
const message = '$.lambda.cause.errorMessage';

/**
 * Returns the states that end an execution whose outcome could not be recorded. The Cause begins with
 * the earlier error, if there is one. Lambda wraps its message in JSON; the Cause shows the message.
 */
export function failUnrecorded(scope: Construct): IChainable {
  const failed = new Fail(scope, 'FailedUnrecorded', {
    errorPath: '$.error',
    causePath: '$.cause',
  });
  const report = (id: string, format: string, path: string) =>
    reportFailure(scope, id, JsonPath.format(`${format} ${cause}`, JsonPath.stringAt(path))).next(
      failed,
    );
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
  return new Choice(scope, 'HasFailedBefore')
    .when(isLambdaCause(), read)
    .when(Condition.and(isNamed(), isText(errorCause)), unchanged)
    .when(isNamed(), reportFailure(scope, 'ReportName', cause).next(failed))
    .otherwise(new Fail(scope, 'OutcomeNotRecorded', { error: name, cause }));
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
