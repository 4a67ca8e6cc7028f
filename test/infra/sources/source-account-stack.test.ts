import { describe, expect, it } from 'vitest';
import { defaultReaderRoleName, readerRoleArn } from '#infra/sources/reader-role.ts';
import type { SourceAccountStackProps } from '#infra/stacks/source-account-stack.ts';
import { synthesizeSourceAccount } from '#infra/synthesize.ts';
import {
  plain,
  propertiesOf,
  refusal,
  resources,
  resourcesFor,
  statementsOfRole,
} from '../deployed.ts';
import { richSourceAccount } from '../rich-setup.ts';

describe("the source account's stack", () => {
  const template = synthesizeSourceAccount(richSourceAccount);
  const [readerId, reader] = resources('AWS::IAM::Role', template).find(([id]) =>
    id.includes('Reader'),
  ) as [string, Record<string, unknown>];

  it('sends the events of its buckets straight to the bus, and keeps what it could not', () => {
    expect(propertiesOf('AWS::Events::Rule', template)).toMatchObject([
      {
        EventPattern: {
          source: ['aws.s3'],
          'detail-type': ['Object Created'],
          detail: {
            bucket: { name: ['theirs', 'others'] },
            object: { key: [{ prefix: 'in/' }, { prefix: 'raw/' }] },
          },
        },
        Targets: [
          {
            Arn: richSourceAccount.busArn,
            RoleArn: expect.anything(),
            DeadLetterConfig: { Arn: expect.anything() },
          },
        ],
      },
    ]);
  });

  it('lets its rule put events on that one bus and do nothing else', () => {
    const [[role] = []] = resources('AWS::IAM::Role', template).filter(([id]) => id !== readerId);
    expect(statementsOfRole(String(role), template)).toEqual([
      { Effect: 'Allow', Action: 'events:PutEvents', Resource: richSourceAccount.busArn },
    ]);
  });

  it('lets the transfer account read by external id, and by those roles alone', () => {
    expect(reader.RoleName).toBe('ChunkferryReader');
    expect(reader.AssumeRolePolicyDocument).toMatchObject({
      Statement: [
        {
          Action: 'sts:AssumeRole',
          Principal: { AWS: expect.anything() },
          Condition: {
            StringEquals: { 'sts:ExternalId': 'ferry-1' },
            ArnEquals: { 'aws:PrincipalArn': ['arn:aws:iam::123456789012:role/Inspect'] },
          },
        },
      ],
    });
    expect(JSON.stringify(reader.AssumeRolePolicyDocument)).toContain(':iam::123456789012:root');
  });

  it('lets the reader read those objects, look at those buckets and use those keys', () => {
    const statements = statementsOfRole(readerId, template);
    const buckets = ['others', 'theirs'].map((bucket) => `arn:<AWS::Partition>:s3:::${bucket}`);
    const objects = buckets.flatMap((bucket) => [`${bucket}/in/*`, `${bucket}/raw/*`]);
    expect({
      objects: resourcesFor('s3:GetObjectVersion', statements),
      buckets: resourcesFor('s3:GetBucketNotification', statements),
      keys: resourcesFor('kms:Decrypt', statements),
      actions: statements.flatMap(({ Action }) => Action).sort(),
    }).toEqual({
      objects,
      buckets,
      keys: richSourceAccount.kmsKeyArns,
      actions: [
        'kms:Decrypt',
        's3:GetBucketNotification',
        's3:GetObject',
        's3:GetObjectVersion',
        's3:ListBucket',
      ],
    });
  });

  it("bears the name by which the transfers' stack assumes it", () => {
    expect(readerRoleArn('111122223333')).toMatch(
      new RegExp(`:iam::111122223333:role/${defaultReaderRoleName}$`),
    );
  });

  it("puts out what the keys' policies must say", () => {
    const statement = JSON.parse(plain(template.Outputs?.KeyPolicyStatement?.Value));
    expect(statement).toMatchObject({
      Principal: { AWS: [`<${readerId}.Arn>`] },
      Action: 'kms:Decrypt',
    });
  });

  it('rings an alarm as soon as an event could not be sent, and says what to do', () => {
    const [queue] = resources('AWS::SQS::Queue', template).map(([id]) => id);
    const [topic] = resources('AWS::SNS::Topic', template).map(([id]) => id);
    expect(propertiesOf('AWS::CloudWatch::Alarm', template)).toMatchObject([
      {
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [queue, 'QueueName'] } }],
        Threshold: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        EvaluationPeriods: 1,
        TreatMissingData: 'notBreaching',
        AlarmActions: [{ Ref: topic }],
        AlarmDescription: expect.stringContaining('start an execution with the body'),
      },
    ]);
  });

  it('sends the alarm to an address, where one is given', () => {
    const alarmEmail = 'ops@example.com';
    const told = synthesizeSourceAccount({ ...richSourceAccount, alarmEmail });
    expect(propertiesOf('AWS::SNS::Subscription', told)).toMatchObject([
      { Protocol: 'email', Endpoint: alarmEmail },
    ]);
    expect(propertiesOf('AWS::SNS::Subscription', template)).toEqual([]);
  });

  it('makes no reader where another Region has made it', () => {
    const { busArn, buckets } = richSourceAccount;
    const second = synthesizeSourceAccount({ busArn, buckets, readerRole: false });
    expect(resources('AWS::IAM::Role', second)).toHaveLength(1);
    expect(Object.keys(second.Outputs ?? {})).toEqual(['DeadLetterQueueUrl', 'AlarmTopicArn']);
  });

  it('trusts another account than that of the bus, where one is given', () => {
    const other = synthesizeSourceAccount({
      ...richSourceAccount,
      transferAccount: '999988887777',
    });
    expect(JSON.stringify(propertiesOf('AWS::IAM::Role', other))).toContain(
      ':iam::999988887777:root',
    );
  });

  it.each<[string, Partial<SourceAccountStackProps>, string]>([
    [
      'the bus is no ARN',
      { busArn: 'intake' },
      'Invalid busArn "intake": must be the output BusArn',
    ],
    ['no bucket is named', { buckets: [] }, 'Invalid buckets []: must have at least one entry'],
    [
      'a bucket is no name',
      { buckets: ['s3://films'] },
      'Invalid buckets[0] "s3://films": must be',
    ],
    ['a prefix is empty', { prefixes: [''] }, 'Invalid prefixes[0] "": must not be empty'],
    [
      'its prefixes are none',
      { prefixes: [] },
      'Invalid prefixes []: must have at least one entry',
    ],
    [
      'its principals are none, which would trust all',
      { readerPrincipalArns: [] },
      'Invalid readerPrincipalArns []: must have at least one entry',
    ],
    [
      'the address is none',
      { alarmEmail: 'ops' },
      'Invalid alarmEmail "ops": must be an address such as',
    ],
    [
      'the external id is too short',
      { externalId: 'x' },
      'Invalid externalId "x": must be 2 to 1,224',
    ],
    [
      'a key is no ARN',
      { kmsKeyArns: ['my-key'] },
      'Invalid kmsKeyArns[0] "my-key": must be a key\'s ARN',
    ],
    [
      'an account is none',
      { transferAccount: '12' },
      'Invalid transferAccount "12": must be 12 digits.',
    ],
    [
      'a principal is no role',
      { readerPrincipalArns: ['me'] },
      'Invalid readerPrincipalArns[0] "me": must be a role',
    ],
  ])('is refused on one line when %s', (_, props, message) => {
    const line = refusal(() => synthesizeSourceAccount({ ...richSourceAccount, ...props }));
    expect(line).toContain(`ConfigurationError: ${message}`);
    expect(line).not.toContain('\n');
  });

  it('is refused without an external id for its reader', () => {
    const { externalId, ...others } = richSourceAccount;
    expect(externalId).toBeDefined();
    expect(refusal(() => synthesizeSourceAccount(others))).toContain(
      'Missing externalId: must be set for the reader role',
    );
  });
});
