import { TransferError } from '#src/core/errors/transfer-error.ts';
import { type StepName, stepNames } from '#src/core/shared-with-infra/step-names.ts';

/** Returns a message that begins with the step that failed. A message that names a step stays as it is. */
export function describeStepFailure(step: string, message: string): string {
  const namesStep = stepNames.some((name) => message.startsWith(`${name} failed: `));
  if (namesStep) return message;
  return message.trim() === '' ? `${step} failed` : `${step} failed: ${message}`;
}

/** Returns the error of a step for another step that throws it: the message names the step that failed. */
export function errorOfStep(step: StepName, error: TransferError): TransferError {
  const { name, message, status, origin } = error;
  const options = { cause: error, status, origin };
  return new TransferError(name, describeStepFailure(step, message), options);
}
