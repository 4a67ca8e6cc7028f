import { Fail, type IChainable, JsonPath, Pass } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { type ErrorName, errorCatalogue } from '#src/core/errors/error-lookup.ts';
import type { StepName } from '#src/core/shared-with-infra/step-names.ts';

/** Contains the errors of an execution by the state that failed. */
const errors = '$.errorIn';

/** Returns where the Catch of a state stores its error: below the state's name, which RecordOutcome reports. */
export function errorPathOf(state: StepName | 'StartPreflight'): string {
  return `${errors}.${state}`;
}

const name: ErrorName = 'OutcomeNotRecordedError';

/**
 * Returns the states that end an execution whose outcome could not be recorded. The Cause says what to do,
 * and quotes all errors by state: the Catch of RecordOutcome has added its own, so there is always one.
 */
export function failUnrecorded(scope: Construct): IChainable {
  const text = `The outcome could not be recorded. ${errorCatalogue[name].nextStep} Errors: {}`;
  const quoted = JsonPath.jsonToString(JsonPath.objectAt(errors));
  const quote = new Pass(scope, 'QuoteErrors', {
    parameters: { cause: JsonPath.format(text, quoted) },
  });
  return quote.next(new Fail(scope, 'OutcomeNotRecorded', { error: name, causePath: '$.cause' }));
}
