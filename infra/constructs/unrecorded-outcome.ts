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
 * Ends an execution whose outcome could not be recorded, and never hides the error that led there. Lambda
 * wraps that error's message into JSON; the Cause shows the message alone.
 */
export function failUnrecorded(scope: Construct): IChainable {
  const failed = new Fail(scope, 'FailedUnrecorded', {
    errorPath: '$.error',
    causePath: '$.cause',
  });
  const tell = (id: string, format: string, path: string) =>
    reportFailure(scope, id, JsonPath.format(`${format} ${cause}`, JsonPath.stringAt(path))).next(
      failed,
    );
  const asIs = tell('ReportFailure', '{}', errorCause);
  const read = new Pass(scope, 'ReadLambdaCause', {
    parameters: { cause: JsonPath.stringToJson(JsonPath.stringAt(errorCause)) },
    resultPath: '$.lambda',
  }).next(
    new Choice(scope, 'IsSentence')
      .when(isSentence(), tell('ReportSentence', '{}', message))
      .when(isText(message), tell('ReportMessage', '{}.', message))
      .otherwise(asIs),
  );
  return new Choice(scope, 'HasFailedBefore')
    .when(isLambdaCause(), read)
    .when(Condition.and(isNamed(), isText(errorCause)), asIs)
    .when(isNamed(), reportFailure(scope, 'ReportName', cause).next(failed))
    .otherwise(new Fail(scope, 'OutcomeNotRecorded', { error: name, cause }));
}

function reportFailure(scope: Construct, id: string, told: string): Pass {
  const parameters = { error: JsonPath.stringAt('$.error.Error'), cause: told };
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
 * Text that is Lambda's JSON from its start to its end. Other text must not be read as JSON: that would
 * end the execution past every Catch. A cause that Step Functions has cut does not end so.
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
