import { describe, expect, it } from 'vitest';
import type { TransferStackProps } from '#infra/stacks/named-resource-props.ts';
import { type CloudFormationTemplate, synthesizeTemplate } from '#infra/synthesize.ts';
import { readSettings } from '#src/config/environment.ts';
import { stepsWith } from '#src/core/shared-with-infra/permissions.ts';
import {
  errorOf,
  functionOf,
  objectRules,
  plain,
  propertiesOf,
  resources,
  resourcesFor,
  statementsOf,
  template,
} from '../deployed.ts';
import { richProps, richTemplate, sourceAccountTemplate } from '../rich-setup.ts';

const rich = richTemplate();
const organizationId = 'o-abcdefghij';

/** Returns the statements of the bus's policy. */
function busStatements(template: CloudFormationTemplate) {
  return propertiesOf('AWS::Events::EventBusPolicy', template).map(
    ({ Statement }) => Statement as Record<string, unknown>,
  );
}

describe('the bus of other accounts', () => {
  const props = { ...richProps, sources: [{ bucket: 'theirs', account: '111122223333' }] };
  const theirs = synthesizeTemplate(props);
  const ofOrganization = synthesizeTemplate({ ...props, organizationId });
  const s3Only = {
    'ForAllValues:StringEquals': {
      'events:source': 'aws.s3',
      'events:detail-type': 'Object Created',
    },
  };

  it('takes S3 events of exactly the source accounts', () => {
    const statements = busStatements(theirs);
    expect(statements.map(({ Principal }) => plain((Principal as { AWS: unknown }).AWS))).toEqual([
      'arn:<AWS::Partition>:iam::111122223333:root',
      'arn:<AWS::Partition>:iam::444455556666:root',
    ]);
    for (const { Action, Condition } of statements) {
      expect({ Action, Condition }).toEqual({ Action: 'events:PutEvents', Condition: s3Only });
    }
  });

  it('takes S3 events of exactly the organization in the props', () => {
    expect(busStatements(ofOrganization)).toMatchObject([
      {
        Principal: '*',
        Action: 'events:PutEvents',
        Condition: { ...s3Only, StringEquals: { 'aws:PrincipalOrgID': organizationId } },
      },
    ]);
  });

  it('filters by account, not by bucket', () => {
    expect(objectRules(theirs)).toMatchObject([
      {
        EventBusName: { Ref: expect.stringMatching(/IntakeBus/) },
        EventPattern: {
          source: ['aws.s3'],
          'detail-type': ['Object Created'],
          account: ['111122223333', '444455556666'],
        },
        Targets: [{ DeadLetterConfig: { Arn: expect.anything() } }],
      },
    ]);
    expect(JSON.stringify(objectRules(theirs))).not.toContain('bucket');
  });

  it('starts an execution for any account of an organization, which rejects an unlisted account', () => {
    const [rule] = objectRules(ofOrganization);
    expect(rule?.EventPattern).toEqual({ source: ['aws.s3'], 'detail-type': ['Object Created'] });
  });

  it("takes events of this account's other Regions with a source", () => {
    const far = busStatements(
      synthesizeTemplate({ sources: [{ bucket: 'far-away', region: 'us-east-1' }] }),
    );
    expect(far.map(({ Principal }) => plain((Principal as { AWS: unknown }).AWS))).toEqual([
      'arn:<AWS::Partition>:iam::<AWS::AccountId>:root',
    ]);
  });

  it('is absent without source accounts and other Regions', () => {
    expect(resources('AWS::Events::EventBus', template)).toEqual([]);
    expect(template.Outputs).not.toHaveProperty('BusArn');
  });

  it("is in the outputs for the source account's stack", () => {
    expect(plain(rich.Outputs?.BusArn?.Value)).toMatch(
      /^<ChunkferryObjectCreatedIntakeBus.*\.Arn>$/,
    );
    expect(plain(rich.Outputs?.ReaderPrincipalArns?.Value)).toMatch(
      /^<ChunkferryInspectSource.*\.Arn>,<ChunkferrySendChunks.*\.Arn>$/,
    );
  });
});

describe('the readers', () => {
  const arns = [
    'arn:<AWS::Partition>:iam::111122223333:role/ChunkferryReader',
    'arn:<AWS::Partition>:iam::444455556666:role/VideoReader',
  ];

  it.each(stepsWith('readSources'))('are the only roles that %s may assume', (step) => {
    expect(resourcesFor('sts:AssumeRole', statementsOf(step, rich))).toEqual(arns);
  });

  it.each(['OpenSession', 'ConfirmUpload', 'AwaitAsset', 'RecordOutcome'] as const)(
    'cannot be assumed by %s',
    (step) => {
      expect(resourcesFor('sts:AssumeRole', statementsOf(step, rich))).toEqual([]);
    },
  );

  it('are in the settings by account, each with its external id', () => {
    const { SOURCES } = functionOf('InspectSource', rich).Environment.Variables;
    expect(readSettings({ SOURCES: plain(SOURCES) }).sources.readers).toEqual({
      111122223333: { roleArn: arns[0], externalId: 'ferry-1' },
      444455556666: { roleArn: arns[1], externalId: 'ferry-2' },
    });
  });
});

describe('source accounts fail on one line when', () => {
  const account = '111122223333';

  it.each<[string, TransferStackProps, string]>([
    [
      'an account is invalid',
      { sourceAccounts: [{ account: '11112222333', externalId: 'ferry' }] },
      'Invalid sourceAccounts[0].account "11112222333": must be 12 digits.',
    ],
    [
      'an account is listed twice',
      { sourceAccounts: [1, 2].map(() => ({ account, externalId: 'ferry' })) },
      'Invalid sourceAccounts[1].account "111122223333": must be listed once.',
    ],
    [
      "a role's name has a path",
      { sourceAccounts: [{ account, externalId: 'ferry', readerRoleName: 'a/b' }] },
      'Invalid sourceAccounts[0].readerRoleName "a/b": must be 1 to 64 letters',
    ],
    [
      'an external id is too short',
      { sourceAccounts: [{ account, externalId: 'x' }] },
      'Invalid sourceAccounts[0].externalId "x": must be 2 to 1,224 letters',
    ],
    [
      'the organization is invalid',
      { organizationId: 'mine', sourceAccounts: [{ account, externalId: 'ferry' }] },
      'Invalid organizationId "mine": must be "o-" and 10 to 32',
    ],
    [
      'an organization has no source accounts',
      { organizationId },
      'Invalid organizationId "o-abcdefghij": must be set together with sourceAccounts.',
    ],
  ])('%s', (_, props, message) => {
    const line = errorOf(() => synthesizeTemplate(props));
    expect(line).toContain(`ConfigurationError: ${message}`);
    expect(line).not.toContain('\n');
  });
});

describe('the queues of undelivered events', () => {
  const queues = [rich, sourceAccountTemplate()].flatMap((template) =>
    propertiesOf('AWS::SQS::Queue', template),
  );

  it('retain them for 14 days, encrypted', () => {
    expect(queues.length).toBeGreaterThan(1);
    for (const queue of queues) {
      expect(queue).toMatchObject({
        MessageRetentionPeriod: 1_209_600,
        SqsManagedSseEnabled: true,
      });
    }
  });

  it('take events of any number of rules by one statement', () => {
    const sourceBuckets = Array.from({ length: 30 }, (_, index) => `films-${index}`);
    const template = synthesizeTemplate({ sourceBuckets });
    const statements = [
      { Effect: 'Deny' },
      { Sid: 'AllowEventRules', Principal: { Service: 'events.amazonaws.com' } },
    ];
    const policies = resources('AWS::SQS::QueuePolicy', template);
    expect(policies.filter(([id]) => id.startsWith('ChunkferryObjectCreated'))).toMatchObject([
      [expect.any(String), { PolicyDocument: { Statement: statements } }],
    ]);
  });

  it('accept TLS only', () => {
    for (const template of [rich, sourceAccountTemplate()]) {
      for (const policy of propertiesOf('AWS::SQS::QueuePolicy', template)) {
        expect(JSON.stringify(policy)).toContain('"aws:SecureTransport":"false"');
      }
    }
  });
});
