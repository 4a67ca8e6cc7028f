import { Duration, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, it } from 'vitest';
import { Chunkferry } from '#infra/stacks/chunkferry.ts';
import { type CloudFormationTemplate, synthesize, synthesizeTemplate } from '#infra/synthesize.ts';
import { readSettings } from '#src/config/environment.ts';
import { stepsWith } from '#src/core/shared-with-infra/permissions.ts';
import type { Sources } from '#src/core/source/sources.ts';
import {
  functionOf,
  objectRules,
  plain,
  template as plainTemplate,
  propertiesOf,
  resources,
  resourcesFor,
  statementsOf,
} from '../deployed.ts';
import { bareTemplate, richTemplate } from '../rich-setup.ts';

/** A custom stack with an encrypted bucket that is added to the construct. */
const own = synthesize((app) => {
  const stack = new Stack(app, 'Own');
  const key = new Key(stack, 'Key');
  const bucket = new Bucket(stack, 'Films', { encryptionKey: key });
  const ferry = new Chunkferry(stack, 'Chunkferry');
  ferry.addSource({ bucket: bucket as IBucket, prefixes: ['in/'] });
  return stack;
});

/** Sources of every kind, each in a bucket of its own. */
const various = synthesizeTemplate({
  sources: [
    { bucket: 'filtered', prefixes: ['in/'], suffixes: ['.mp4'], minSize: 10, maxSize: 20 },
    { bucket: 'several', prefixes: ['in/'], minSize: 10 },
    { bucket: 'several', prefixes: ['raw/'], minSize: 5 },
    { bucket: 'any-key', prefixes: ['in/'], suffixes: ['.mp4'] },
    { bucket: 'any-key', suffixes: ['.mp3'] },
    {
      bucket: 'many-prefixes',
      prefixes: Array.from({ length: 100 }, (_, index) => `a-long-folder-${index}/`),
    },
    { bucket: 'switched', switchOnEvents: true },
    { bucket: 'paid', requestPayer: true, waitWhileDenied: Duration.hours(2) },
    { bucket: 'literal', prefixes: ['what?/*/$'] },
  ],
});

function viaService(condition: unknown): unknown {
  return (condition as { StringEquals: Record<string, unknown> }).StringEquals['kms:ViaService'];
}

function patterns(template: CloudFormationTemplate): unknown[] {
  return objectRules(template).map(({ EventPattern }) => EventPattern);
}

/** Returns the patterns of the rules of one bucket of `various`. */
const patternsOf = (bucket: string) =>
  patterns(various).filter((pattern) => JSON.stringify(pattern).includes(`["${bucket}"]`));

/** Returns the sources in the functions' settings, with references in angle brackets. */
function configuredSources(template: CloudFormationTemplate): Sources {
  const { SOURCES } = functionOf('SendChunks', template).Environment.Variables;
  return readSettings({ SOURCES: plain(SOURCES) }).sources;
}

describe('a source bucket', () => {
  it('has a rule that starts an execution with the unchanged event', () => {
    const [rule, ...more] = objectRules(plainTemplate);
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

  it('filters its events by prefix and minimum size, not by suffix', () => {
    expect(patternsOf('filtered')).toMatchObject([
      {
        detail: {
          bucket: { name: ['filtered'] },
          object: { key: [{ prefix: 'in/' }], size: [{ numeric: ['>=', 10] }] },
        },
      },
    ]);
    expect(JSON.stringify(patterns(various))).not.toContain('mp4');
  });

  it('with several sources passes events for any of them', () => {
    expect(patternsOf('several')).toMatchObject([
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

  it('with a source for any key does not filter keys', () => {
    expect(patternsOf('any-key')).toHaveLength(1);
    expect(JSON.stringify(patternsOf('any-key'))).not.toContain('prefix');
  });

  it('with more prefixes than a pattern allows does not filter keys', () => {
    expect(patternsOf('many-prefixes')).toEqual([
      expect.objectContaining({ detail: { bucket: { name: ['many-prefixes'] } } }),
    ]);
  });

  it('changes its notification settings only with switchOnEvents', () => {
    expect(resources('Custom::S3BucketNotifications', plainTemplate)).toEqual([]);
    expect(propertiesOf('Custom::S3BucketNotifications', various)).toMatchObject([
      {
        BucketName: 'switched',
        Managed: false,
        NotificationConfiguration: { EventBridgeConfiguration: {} },
      },
    ]);
  });

  it('may be added to an existing construct', () => {
    const [[id] = []] = resources('AWS::S3::Bucket', own);
    expect(configuredSources(own).list).toEqual([{ bucket: `<${id}>`, prefixes: ['in/'] }]);
    expect(patterns(own)).toMatchObject([{ detail: { bucket: { name: [{ Ref: id }] } } }]);
    expect(resourcesFor('s3:GetObject', statementsOf('SendChunks', own))).toEqual([
      `arn:<AWS::Partition>:s3:::<${id}>/in/*`,
    ]);
  });

  it('of another Region sends its events through the intake bus', () => {
    const template = synthesize((app) => {
      const stack = new Stack(app, 'Own', {
        env: { account: '123456789012', region: 'eu-west-1' },
      });
      new Chunkferry(stack, 'Chunkferry', {
        sources: [{ bucket: 'far-away', region: 'us-east-1', account: '123456789012' }],
      });
      return stack;
    });
    expect(configuredSources(template).list).toEqual([{ bucket: 'far-away', region: 'us-east-1' }]);
    expect(patterns(template)).toEqual([
      { source: ['aws.s3'], 'detail-type': ['Object Created'], account: ['123456789012'] },
    ]);
  });

  it("with the stack's own account and Region omits them in the settings", () => {
    const template = synthesize((app) => {
      const env = { account: '123456789012', region: 'eu-west-1' };
      const stack = new Stack(app, 'Own', { env });
      new Chunkferry(stack, 'Chunkferry', { sources: [{ bucket: 'films', ...env }] });
      return stack;
    });
    expect(configuredSources(template).list).toEqual([{ bucket: 'films' }]);
    expect(resources('AWS::Events::EventBus', template)).toEqual([]);
  });
});

it('passes requestPayer and waitWhileDenied to the functions', () => {
  expect(configuredSources(various).list).toContainEqual({
    bucket: 'paid',
    requestPayer: true,
    waitWhileDeniedSeconds: 7_200,
  });
});

describe('the functions', () => {
  const template = richTemplate();

  it.each(stepsWith('readSources'))('%s reads every source', (step) => {
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

  it('that do not read objects have no sources', () => {
    expect(functionOf('OpenSession', template).Environment.Variables).not.toHaveProperty('SOURCES');
  });

  it('have no variable for sources without any', () => {
    const variables = functionOf('SendChunks', bareTemplate()).Environment.Variables;
    expect(variables).not.toHaveProperty('SOURCES');
  });

  it.each(stepsWith('readSources'))("%s may read the objects of this account's sources", (step) => {
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

  it("may decrypt only through S3 in the key's Region", () => {
    const decrypting = statementsOf('SendChunks', template).filter(
      ({ Action }) => Action === 'kms:Decrypt',
    );
    expect(decrypting.map(({ Condition }) => plain(viaService(Condition)))).toEqual([
      's3.eu-west-1.<AWS::URLSuffix>',
    ]);
  });

  it('may decrypt with the key of a bucket construct', () => {
    const [[key] = []] = resources('AWS::KMS::Key', own);
    expect(resourcesFor('kms:Decrypt', statementsOf('SendChunks', own))).toEqual([`<${key}.Arn>`]);
  });

  it('escape wildcards in a prefix', () => {
    const objects = resourcesFor('s3:GetObject', statementsOf('SendChunks', various));
    expect(objects.filter((name) => name.includes(':literal/'))).toEqual([
      ['arn:<AWS::Partition>:s3:::literal/what$', '{?}/$', '{*}/$', '{$}*'].join(''),
    ]);
  });
});

describe('the statement for the policies of the keys', () => {
  const { Outputs } = richTemplate();
  const statement = (output: string) => JSON.parse(plain(Outputs?.[output]?.Value));

  it('allows the two reading roles to decrypt', () => {
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

  it('names S3 in the Region of each key', () => {
    const key = (region: string) => `arn:aws:kms:${region}:123456789012:key/1`;
    const { Outputs: outputs } = synthesizeTemplate({
      sources: [
        { bucket: 'films', kmsKeyArn: key('eu-west-1') },
        { bucket: 'far-away', region: 'us-east-1', kmsKeyArn: key('us-east-1') },
      ],
    });
    const { Condition } = JSON.parse(plain(outputs?.KeyPolicyStatement?.Value));
    expect(Condition.StringEquals['kms:ViaService']).toEqual([
      's3.eu-west-1.<AWS::URLSuffix>',
      's3.us-east-1.<AWS::URLSuffix>',
    ]);
  });

  it('allows the reader role to decrypt in its own account', () => {
    expect(statement('KeyPolicyStatement444455556666').Principal).toEqual({
      AWS: ['arn:<AWS::Partition>:iam::444455556666:role/VideoReader'],
    });
  });

  it('is an output only with a key', () => {
    expect(JSON.stringify(plainTemplate.Outputs)).not.toContain('KeyPolicy');
  });
});
