import { describe, expect, it } from 'vitest';
import { stepNames } from '#src/core/stack/step-names.ts';
import { duties } from '#src/preflight/checks.ts';
import { preflightSteps } from '#src/preflight/preflight.ts';
import { resources, resourcesFor, statementsOfRole } from '../infra/deployed.ts';

/** Each function that a preflight asks, by the beginning of its logical id. */
const asked = new Map<string, string>([
  ...stepNames.map((step) => [step, `Chunkferry${step}`] as const),
  ['Reconcile', 'ChunkferryReconcilerReconcile'],
  ['Dispatch', 'ChunkferryDispatcherDispatch'],
]);

/** A role that may do less than a preflight tries would be told of as a fault of the deployment. */
describe('what a preflight tries is what the role of the function may do', () => {
  const roles = resources('AWS::IAM::Role').map(([id]) => id);
  const roleOf = (function_: string) =>
    roles.find((id) => id.startsWith(`${function_}ServiceRole`));
  const may = (action: string) =>
    [...asked].flatMap(([name, function_]) => {
      const statements = statementsOfRole(roleOf(function_) ?? '');
      return resourcesFor(action, statements).length > 0 ? [name] : [];
    });

  it.each([
    ['calling the service', duties.callsService, 'secretsmanager:GetSecretValue'],
    ['reading sources', duties.readsSources, 's3:GetObject'],
    ['looking at switches', duties.looksAround, 's3:GetBucketNotification'],
    ['looking at quotas', duties.looksAround, 'lambda:GetAccountSettings'],
    ['writing whole rows', duties.writesRows, 'dynamodb:PutItem'],
    ['deleting rows', duties.deletesRows, 'dynamodb:DeleteItem'],
  ])('%s', (_, does, action) => {
    expect(does).toEqual(may(action));
  });

  it('listing rows', () => {
    const listing = [...asked].filter(([, function_]) =>
      resourcesFor('dynamodb:Query', statementsOfRole(roleOf(function_) ?? '')).some((resource) =>
        resource.includes('/index/'),
      ),
    );
    expect(duties.listsRows).toEqual(listing.map(([name]) => name));
  });

  it('goes through every function but that of the step that concludes', () => {
    const others = [...asked.keys()].filter((name) => name !== 'RecordOutcome');
    expect(preflightSteps).toEqual(others);
  });
});
