import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { stepNames } from '#src/core/shared-with-infra/step-names.ts';
import { type Statement, statementsOfRole } from '../infra/deployed.ts';
import { richTemplate } from '../infra/rich-setup.ts';

const page = readFileSync(new URL('../../docs/vpc.md', import.meta.url), 'utf8');
const names = [...stepNames, 'Reconcile', 'Dispatch', 'SendFailureNotice'];
const template = richTemplate();

/** Returns the functions in a cell of the page: a list, or `all but` a list. */
function functionsIn(cell: string): string[] {
  const said = names.filter((name) => new RegExp(`\\b${name}\\b`).test(cell));
  return cell.startsWith('all but ') ? names.filter((name) => !said.includes(name)) : said;
}

/** The path of a function in the construct tree, if it is not at the top. */
const paths: Readonly<Record<string, string>> = {
  Reconcile: 'ReconcilerReconcile',
  Dispatch: 'DispatcherDispatch',
  SendFailureNotice: 'MonitoringFailureNoticesSend',
};

/** Returns the statements of a function's role. */
function statements(name: string): Statement[] {
  const id = new RegExp(`^Chunkferry${paths[name] ?? name}ServiceRole[0-9A-F]{8}$`);
  const roles = Object.keys(template.Resources).filter((one) => id.test(one));
  expect(roles).toHaveLength(1);
  return statementsOfRole(roles[0] ?? '', template);
}

const mayCall = (service: string) =>
  names.filter((name) =>
    statements(name).some(({ Action }) =>
      [Action].flat().some((action) => action.startsWith(`${service}:`)),
    ),
  );

/** Returns the second cell of the row that begins with `start`. */
const cellOf = (start: string) =>
  page
    .split('\n')
    .find((line) => line.startsWith(`| ${start}`))
    ?.split(' | ')[1] ?? '';

describe('docs/vpc.md', () => {
  it.each([
    ['`api.twelvelabs.io`', 'secretsmanager'],
    ['DynamoDB', 'dynamodb'],
    ['S3, for buckets of this Region', 's3'],
    ['S3, for buckets of other Regions', 's3'],
    ['Secrets Manager', 'secretsmanager'],
    ['EventBridge', 'events'],
    ['Step Functions', 'states'],
    ['STS', 'sts'],
    ['Lambda', 'lambda'],
    ['SNS', 'sns'],
  ])('lists the functions that may call %s', (start, service) => {
    expect(functionsIn(cellOf(start))).toEqual(mayCall(service));
  });

  it('lists every service that a function calls', () => {
    const byThePlatform = new Set(['logs', 'xray', 'kms', 'sqs', 'ec2']);
    const called = names.flatMap((name) =>
      statements(name).flatMap(({ Action }) =>
        [Action].flat().map((action) => action.split(':')[0] ?? ''),
      ),
    );
    const others = new Set(called.filter((service) => !byThePlatform.has(service)));
    expect([...others].toSorted()).toEqual([
      'dynamodb',
      'events',
      'lambda',
      's3',
      'secretsmanager',
      'sns',
      'states',
      'sts',
    ]);
  });
});
