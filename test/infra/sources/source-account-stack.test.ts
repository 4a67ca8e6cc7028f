import { describe, expect, it } from 'vitest';
import { defaultReaderRoleName, readerRoleArn } from '#infra/sources/reader-role.ts';
import type { SourceAccountStackProps } from '#infra/stacks/source-account-stack.ts';
import { synthesizeSourceAccount } from '#infra/synthesize.ts';
import {
  errorOf,
  plain,
  propertiesOf,
  resources,
  resourcesFor,
  statementsOfRole,
} from '../deployed.ts';
import { richSourceAccount, sourceAccountTemplate } from '../rich-setup.ts';

describe("the source account's stack", () => {
  const template = sourceAccountTemplate();
  const [readerId, reader] = resources('AWS::IAM::Role', template).find(([id]) =>
    id.includes('Reader'),
  ) as [string, Record<string, unknown>];

  it('sends the events of its buckets to the bus, and keeps undelivered events', () => {
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

  it('allows its rule to put events on that bus only', () => {
    const [[role] = []] = resources('AWS::IAM::Role', template).filter(([id]) => id !== readerId);
    expect(statementsOfRole(String(role), template)).toEqual([
      { Effect: 'Allow', Action: 'events:PutEvents', Resource: richSourceAccount.busArn },
    ]);
  });

  it('allows the transfer account to read with the external id, by the listed roles only', () => {
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

  it('allows the reader those objects, buckets and keys', () => {
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

  it("has the role name that the transfers' stack assumes", () => {
    expect(readerRoleArn('111122223333')).toMatch(
      new RegExp(`:iam::111122223333:role/${defaultReaderRoleName}$`),
    );
  });

  it("has an output with the statement for the keys' policies", () => {
    const statement = JSON.parse(plain(template.Outputs?.KeyPolicyStatement?.Value));
    expect(statement).toMatchObject({
      Principal: { AWS: [`<${readerId}.Arn>`] },
      Action: 'kms:Decrypt',
    });
  });

  it('has an alarm for the first undelivered event, which describes what to do', () => {
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

  it('sends the alarm to the address in the props', () => {
    const alarmEmail = 'ops@example.com';
    const withEmail = synthesizeSourceAccount({ ...richSourceAccount, alarmEmail });
    expect(propertiesOf('AWS::SNS::Subscription', withEmail)).toMatchObject([
      { Protocol: 'email', Endpoint: alarmEmail },
    ]);
    expect(propertiesOf('AWS::SNS::Subscription', template)).toEqual([]);
  });

  it('creates no reader with readerRole=false', () => {
    const { busArn, buckets } = richSourceAccount;
    const second = synthesizeSourceAccount({ busArn, buckets, readerRole: false });
    expect(resources('AWS::IAM::Role', second)).toHaveLength(1);
    expect(Object.keys(second.Outputs ?? {})).toEqual(['DeadLetterQueueUrl', 'AlarmTopicArn']);
  });

  it('trusts transferAccount instead of the account of the bus', () => {
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
      'the bus is not an ARN',
      { busArn: 'intake' },
      'Invalid busArn "intake": must be the output BusArn',
    ],
    ['the buckets are empty', { buckets: [] }, 'Invalid buckets []: must have at least one entry'],
    [
      'a bucket is not a name',
      { buckets: ['s3://films'] },
      'Invalid buckets[0] "s3://films": must be',
    ],
    ['a prefix is empty', { prefixes: [''] }, 'Invalid prefixes[0] "": must not be empty'],
    [
      'its prefixes are empty',
      { prefixes: [] },
      'Invalid prefixes []: must have at least one entry',
    ],
    [
      'its principals are empty, which would trust all roles',
      { readerPrincipalArns: [] },
      'Invalid readerPrincipalArns []: must have at least one entry',
    ],
    [
      'the address is invalid',
      { alarmEmail: 'ops' },
      'Invalid alarmEmail "ops": must be an address such as',
    ],
    [
      'the external id is too short',
      { externalId: 'x' },
      'Invalid externalId "x": must be 2 to 1,224',
    ],
    [
      'a key is not an ARN',
      { kmsKeyArns: ['my-key'] },
      'Invalid kmsKeyArns[0] "my-key": must be a key\'s ARN',
    ],
    [
      'an account is invalid',
      { transferAccount: '12' },
      'Invalid transferAccount "12": must be 12 digits.',
    ],
    [
      'a principal is not a role',
      { readerPrincipalArns: ['me'] },
      'Invalid readerPrincipalArns[0] "me": must be a role',
    ],
  ])('fails on one line when %s', (_, props, message) => {
    const line = errorOf(() => synthesizeSourceAccount({ ...richSourceAccount, ...props }));
    expect(line).toContain(`ConfigurationError: ${message}`);
    expect(line).not.toContain('\n');
  });

  it('fails without an external id for its reader', () => {
    const { externalId, ...others } = richSourceAccount;
    expect(externalId).toBeDefined();
    expect(errorOf(() => synthesizeSourceAccount(others))).toContain(
      'Missing externalId: must be set for the reader role',
    );
  });
});
