import { Duration, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, it } from 'vitest';
import type { SourceProps } from '#infra/sources/source-props.ts';
import { Chunkferry } from '#infra/stacks/chunkferry.ts';
import { type CloudFormationTemplate, synthesize, synthesizeTemplate } from '#infra/synthesize.ts';
import { readSettings } from '#src/config/environment.ts';
import type { Sources } from '#src/core/source/sources.ts';
import { stepsWith } from '#src/core/stack/permissions.ts';
import {
  functionOf,
  objectRules,
  plain,
  propertiesOf,
  resources,
  resourcesFor,
  statementsOf,
} from '../deployed.ts';
import { richProps } from '../rich-setup.ts';

const withSources = (...sources: SourceProps[]) => synthesizeTemplate({ sources });

/** The template of a stack of somebody's own, with the bucket and the construct in it. */
function withBucket(use: (bucket: IBucket, ferry: Chunkferry) => void): CloudFormationTemplate {
  return synthesize((app) => {
    const stack = new Stack(app, 'Own');
    const key = new Key(stack, 'Key');
    const bucket = new Bucket(stack, 'Films', { encryptionKey: key });
    use(bucket as IBucket, new Chunkferry(stack, 'Chunkferry'));
    return stack;
  });
}

function viaService(condition: unknown): unknown {
  return (condition as { StringEquals: Record<string, unknown> }).StringEquals['kms:ViaService'];
}

function patterns(template: CloudFormationTemplate): unknown[] {
  return objectRules(template).map(({ EventPattern }) => EventPattern);
}

/** What the functions will read, references in angle brackets. */
function told(template: CloudFormationTemplate): Sources {
  const { SOURCES } = functionOf('SendChunks', template).Environment.Variables;
  return readSettings({ SOURCES: plain(SOURCES) }).sources;
}

describe('a source bucket', () => {
  it('has a rule of its own that starts an execution with the event as it comes', () => {
    const [rule, ...more] = objectRules(withSources({ bucket: 'films' }));
    expect(more).toEqual([]);
    expect(rule).toMatchObject({
      EventPattern: {
        source: ['aws.s3'],
        'detail-type': ['Object Created'],
        detail: { bucket: { name: ['films'] } },
      },
      Targets: [
        {
          DeadLetterConfig: { Arn: expect.anything() },
          RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
        },
      ],
    });
    expect(JSON.stringify(rule)).not.toContain('Input');
  });

  it('filters its events by prefix and by least size, but not by suffix', () => {
    const template = withSources({
      bucket: 'films',
      prefixes: ['in/'],
      suffixes: ['.mp4'],
      minSize: 10,
      maxSize: 20,
    });
    expect(patterns(template)).toMatchObject([
      {
        detail: {
          bucket: { name: ['films'] },
          object: { key: [{ prefix: 'in/' }], size: [{ numeric: ['>=', 10] }] },
        },
      },
    ]);
    expect(JSON.stringify(patterns(template))).not.toContain('mp4');
  });

  it('with several sources lets through what any of them may take', () => {
    const template = withSources(
      { bucket: 'films', prefixes: ['in/'], minSize: 10 },
      { bucket: 'films', prefixes: ['raw/'], minSize: 5 },
    );
    expect(patterns(template)).toMatchObject([
      {
        detail: {
          object: {
            key: [{ prefix: 'in/' }, { prefix: 'raw/' }],
            size: [{ numeric: ['>=', 5] }],
          },
        },
      },
    ]);
  });

  it('with a source that takes any key filters no key', () => {
    const template = withSources(
      { bucket: 'films', prefixes: ['in/'], suffixes: ['.mp4'] },
      { bucket: 'films', suffixes: ['.mp3'] },
    );
    expect(JSON.stringify(patterns(template))).not.toContain('prefix');
  });

  it('with more prefixes than a pattern may hold filters no key', () => {
    const prefixes = Array.from({ length: 100 }, (_, index) => `a-long-folder-${index}/`);
    expect(patterns(withSources({ bucket: 'films', prefixes }))).toEqual([
      expect.objectContaining({ detail: { bucket: { name: ['films'] } } }),
    ]);
  });

  it('keeps its notification settings unless it is told otherwise', () => {
    const kept = withSources({ bucket: 'films' });
    const switched = withSources({ bucket: 'films', switchOnEvents: true });
    expect(resources('Custom::S3BucketNotifications', kept)).toEqual([]);
    expect(propertiesOf('Custom::S3BucketNotifications', switched)).toMatchObject([
      {
        BucketName: 'films',
        Managed: false,
        NotificationConfiguration: { EventBridgeConfiguration: {} },
      },
    ]);
  });

  it('may be added when the construct is there already', () => {
    const template = withBucket((bucket, ferry) => ferry.addSource({ bucket, prefixes: ['in/'] }));
    const [[id] = []] = resources('AWS::S3::Bucket', template);
    expect(told(template).list).toEqual([{ bucket: `<${id}>`, prefixes: ['in/'] }]);
    expect(patterns(template)).toMatchObject([{ detail: { bucket: { name: [{ Ref: id }] } } }]);
    expect(resourcesFor('s3:GetObject', statementsOf('SendChunks', template))).toEqual([
      `arn:<AWS::Partition>:s3:::<${id}>/in/*`,
    ]);
  });

  it('that is of this account but another Region has its events taken from the intake bus', () => {
    const template = synthesize((app) => {
      const stack = new Stack(app, 'Own', {
        env: { account: '123456789012', region: 'eu-west-1' },
      });
      new Chunkferry(stack, 'Chunkferry', {
        sources: [{ bucket: 'far-away', region: 'us-east-1', account: '123456789012' }],
      });
      return stack;
    });
    expect(told(template).list).toEqual([{ bucket: 'far-away', region: 'us-east-1' }]);
    expect(patterns(template)).toEqual([
      { source: ['aws.s3'], 'detail-type': ['Object Created'], account: ['123456789012'] },
    ]);
  });

  it("that names the stack's own account and Region is told without them", () => {
    const template = synthesize((app) => {
      const env = { account: '123456789012', region: 'eu-west-1' };
      const stack = new Stack(app, 'Own', { env });
      new Chunkferry(stack, 'Chunkferry', { sources: [{ bucket: 'films', ...env }] });
      return stack;
    });
    expect(told(template).list).toEqual([{ bucket: 'films' }]);
    expect(resources('AWS::Events::EventBus', template)).toEqual([]);
  });
});

it('tells the functions that the requester pays, and how long denials are waited out', () => {
  const waitWhileDenied = Duration.hours(2);
  const paid = { bucket: 'films', requestPayer: true, waitWhileDenied };
  expect(told(withSources(paid)).list).toEqual([
    { bucket: 'films', requestPayer: true, waitWhileDeniedSeconds: 7_200 },
  ]);
});

describe('the functions', () => {
  const template = synthesizeTemplate(richProps);

  it.each(stepsWith('readSources'))('%s is told every source', (step) => {
    const { SOURCES } = functionOf(step, template).Environment.Variables;
    const { list } = readSettings({ SOURCES: plain(SOURCES) }).sources;
    expect(list).toEqual([
      { bucket: 'films', prefixes: ['in/', 'raw/'], suffixes: ['.mp4'], minSize: 1_000 },
      { bucket: 'films', prefixes: ['talks/'], suffixes: ['.mp3'], maxSize: 5_000_000_000 },
      { bucket: 'matches' },
      { bucket: 'far-away', region: 'us-east-1' },
      { bucket: 'theirs', account: '111122223333', region: 'eu-central-1' },
      { bucket: 'sealed', account: '444455556666' },
    ]);
  });

  it('that do not read objects are told none', () => {
    expect(functionOf('OpenSession', template).Environment.Variables).not.toHaveProperty('SOURCES');
  });

  it('are told nothing where there is nothing', () => {
    const variables = functionOf('SendChunks', synthesizeTemplate()).Environment.Variables;
    expect(variables).not.toHaveProperty('SOURCES');
  });

  it.each(stepsWith('readSources'))("%s may read what this account's sources ask for", (step) => {
    expect(resourcesFor('s3:GetObject', statementsOf(step, template))).toEqual(
      ['far-away/*', 'films/in/*', 'films/raw/*', 'films/talks/*', 'matches/*'].map(
        (objects) => `arn:<AWS::Partition>:s3:::${objects}`,
      ),
    );
    expect(resourcesFor('s3:ListBucket', statementsOf(step, template))).toEqual(
      ['far-away', 'films', 'matches'].map((bucket) => `arn:<AWS::Partition>:s3:::${bucket}`),
    );
  });

  it.each(stepsWith('readSources'))('%s may decrypt with named keys', (step) => {
    expect(resourcesFor('kms:Decrypt', statementsOf(step, template))).toEqual([
      'arn:aws:kms:eu-west-1:123456789012:key/1234abcd',
    ]);
  });

  it('may decrypt through S3 of the Region of the key only', () => {
    const decrypting = statementsOf('SendChunks', template).filter(
      ({ Action }) => Action === 'kms:Decrypt',
    );
    expect(decrypting.map(({ Condition }) => plain(viaService(Condition)))).toEqual([
      's3.eu-west-1.<AWS::URLSuffix>',
    ]);
  });

  it('may decrypt what the key of a given bucket encrypted', () => {
    const own = withBucket((bucket, ferry) => ferry.addSource({ bucket }));
    const [[key] = []] = resources('AWS::KMS::Key', own);
    expect(resourcesFor('kms:Decrypt', statementsOf('SendChunks', own))).toEqual([`<${key}.Arn>`]);
  });

  it('read a prefix with a wildcard in it as it is written', () => {
    const literal = withSources({ bucket: 'films', prefixes: ['what?/*/$'] });
    expect(resourcesFor('s3:GetObject', statementsOf('SendChunks', literal))).toEqual([
      ['arn:<AWS::Partition>:s3:::films/what$', '{?}/$', '{*}/$', '{$}*'].join(''),
    ]);
  });
});

describe('the statement for the policies of the keys', () => {
  const { Outputs } = synthesizeTemplate(richProps);
  const statement = (output: string) => JSON.parse(plain(Outputs?.[output]?.Value));

  it('lets the two reading roles decrypt', () => {
    expect(statement('KeyPolicyStatement')).toEqual({
      Sid: 'ChunkferryReads',
      Effect: 'Allow',
      Principal: {
        AWS: [
          expect.stringMatching(/^<ChunkferryInspectSourceServiceRole.*\.Arn>$/),
          expect.stringMatching(/^<ChunkferrySendChunksServiceRole.*\.Arn>$/),
        ],
      },
      Action: 'kms:Decrypt',
      Resource: '*',
      Condition: { StringEquals: { 'kms:ViaService': 's3.eu-west-1.<AWS::URLSuffix>' } },
    });
  });

  it('names S3 of each Region that has one of the keys', () => {
    const key = (region: string) => `arn:aws:kms:${region}:123456789012:key/1`;
    const { Outputs: outputs } = withSources(
      { bucket: 'films', kmsKeyArn: key('eu-west-1') },
      { bucket: 'far-away', region: 'us-east-1', kmsKeyArn: key('us-east-1') },
    );
    const { Condition } = JSON.parse(plain(outputs?.KeyPolicyStatement?.Value));
    expect(Condition.StringEquals['kms:ViaService']).toEqual([
      's3.eu-west-1.<AWS::URLSuffix>',
      's3.us-east-1.<AWS::URLSuffix>',
    ]);
  });

  it('lets the reader role decrypt in its own account', () => {
    expect(statement('KeyPolicyStatement444455556666').Principal).toEqual({
      AWS: ['arn:<AWS::Partition>:iam::444455556666:role/VideoReader'],
    });
  });

  it('is put out only where a key was named', () => {
    expect(JSON.stringify(withSources({ bucket: 'films' }).Outputs)).not.toContain('KeyPolicy');
  });
});
