import { describe, expect, it } from 'vitest';
import { functionsWith } from '#src/core/shared-with-infra/permissions.ts';
import { stepNames } from '#src/core/shared-with-infra/step-names.ts';
import { preflightSteps } from '#src/preflight/preflight.ts';
import { resources, resourcesFor, statementsOfRole } from '../infra/deployed.ts';

/** The prefix of the logical id of each function that a preflight checks. */
const checkedFunctions = new Map<string, string>([
  ...stepNames.map((step) => [step, `Chunkferry${step}`] as const),
  ['Reconcile', 'ChunkferryReconcilerReconcile'],
  ['Dispatch', 'ChunkferryDispatcherDispatch'],
]);

/** If a role had fewer permissions, every preflight would report a failed check. */
describe('the permissions that a preflight checks are those of the roles', () => {
  const roles = resources('AWS::IAM::Role').map(([id]) => id);
  const roleOf = (prefix: string) => roles.find((id) => id.startsWith(`${prefix}ServiceRole`));
  const allowedBy = (action: string) =>
    [...checkedFunctions].flatMap(([name, prefix]) => {
      const statements = statementsOfRole(roleOf(prefix) ?? '');
      return resourcesFor(action, statements).length > 0 ? [name] : [];
    });

  it.each([
    ['callService', 'secretsmanager:GetSecretValue'],
    ['readSources', 's3:GetObject'],
    ['checkBuckets', 's3:GetBucketNotification'],
    ['checkQuotas', 'lambda:GetAccountSettings'],
    ['readRows', 'dynamodb:GetItem'],
    ['updateRows', 'dynamodb:UpdateItem'],
    ['writeRows', 'dynamodb:PutItem'],
    ['deleteRows', 'dynamodb:DeleteItem'],
    ['publishEvents', 'events:PutEvents'],
    ['describeExecutions', 'states:DescribeExecution'],
    ['startExecutions', 'states:StartExecution'],
  ] as const)('%s: the functions whose roles allow %s', (permission, action) => {
    expect(functionsWith(permission)).toEqual(allowedBy(action));
  });

  it('listRows: the functions whose roles allow queries of indexes', () => {
    const listing = [...checkedFunctions].filter(([, prefix]) =>
      resourcesFor('dynamodb:Query', statementsOfRole(roleOf(prefix) ?? '')).some((resource) =>
        resource.includes('/index/'),
      ),
    );
    expect(functionsWith('listRows')).toEqual(listing.map(([name]) => name));
  });

  it('calls every function except RecordOutcome, which concludes', () => {
    const others = [...checkedFunctions.keys()].filter((name) => name !== 'RecordOutcome');
    expect(preflightSteps).toEqual(others);
  });
});
