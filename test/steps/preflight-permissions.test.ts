import { describe, expect, it } from 'vitest';
import { serviceSteps } from '#infra/permissions.ts';
import { readingSteps } from '#infra/sources/permit-reading.ts';
import { type StepName, stepNames } from '#infra/steps.ts';
import { preflightSteps } from '#src/steps/preflight.ts';
import { duties } from '#src/steps/preflight-checks.ts';
import { resourcesFor, statementsOf } from '../infra/deployed.ts';

/** A role that may do less than a preflight tries would be told of as a fault of the deployment. */
describe('what a preflight tries is what the role of the step may do', () => {
  const may = (action: string) =>
    stepNames.filter((step: StepName) => resourcesFor(action, statementsOf(step)).length > 0);
  const isStep = (name: string): name is StepName => stepNames.some((step) => step === name);

  it('calling the service', () => {
    expect(duties.callsService).toEqual(serviceSteps);
  });

  it('reading sources', () => {
    expect(duties.readsSources).toEqual(readingSteps);
  });

  it('looking at switches', () => {
    expect(duties.looksAround).toEqual(may('s3:GetBucketNotification'));
  });

  it('deleting rows', () => {
    expect(duties.deletesRows.filter(isStep)).toEqual(may('dynamodb:DeleteItem'));
  });

  it('goes through every step but the one that concludes', () => {
    expect([...preflightSteps, 'RecordOutcome']).toEqual(stepNames);
  });
});
