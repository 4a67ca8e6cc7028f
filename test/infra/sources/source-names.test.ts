import { CfnParameter, Fn, Stack } from 'aws-cdk-lib';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { describe, expect, it } from 'vitest';
import { check } from '#infra/configuration/check.ts';
import { type SourceProps, sourceProps } from '#infra/sources/source-props.ts';
import { toSource } from '#infra/sources/to-source.ts';
import { Chunkferry } from '#infra/stacks/chunkferry.ts';
import { synthesize, synthesizeTemplate } from '#infra/synthesize.ts';
import {
  errorOf,
  functionOf,
  objectRules,
  plain,
  resources,
  resourcesFor,
  statementsOf,
} from '../deployed.ts';

const here = { account: '123456789012', region: 'eu-west-1' };

const checkedSource = (source: SourceProps) =>
  toSource(check(sourceProps, source, 'sources[0]'), here);

describe('B7: a Region (terraform-provider-aws#45894)', () => {
  const take = (region: string) => checkedSource({ bucket: 'films', region }).region;

  it.each([
    'eusc-de-east-1',
    'us-gov-east-1',
    'us-isob-east-1',
    'us-iso-west-1',
    'eu-isoe-west-1',
    'us-isof-south-1',
    'cn-north-1',
    'cn-northwest-1',
    'mx-central-1',
    'ap-southeast-12',
    'us-iso2-east-1',
  ])('%s is accepted (terraform-provider-aws#45894)', (region) => {
    expect(take(region)).toBe(region);
  });

  it('of every partition in the CDK is accepted', () => {
    const names = RegionInfo.regions.map(({ name }) => name).filter((name) => name !== here.region);
    expect(names.map(take)).toEqual(names);
  });

  it.each([
    'Ireland',
    'eu-west',
    'eu-west-1a',
    'EU-WEST-1',
    'eu_west_1',
    '',
    'global',
    'us-east-1 ',
  ])('%j is rejected', (region) => {
    expect(errorOf(() => take(region))).toContain(
      `Invalid sources[0].region ${JSON.stringify(region)}: must be a Region such as eu-west-1`,
    );
  });
});

describe('B8: the name of a bucket from before March 2018 (aws-cdk#31731)', () => {
  it.each([
    'MyCompany_Media',
    'UPPER',
    'under_score',
    'my..dots',
    '-films-',
    'a.b-c_D',
    'x'.repeat(64),
    'X'.repeat(255),
    'sthree-films',
    'amzn-s3-demo-films',
  ])('%s is accepted (aws-cdk#31731)', (name) => {
    expect(() => checkedSource({ bucket: name })).not.toThrow();
  });

  it.each(['ab', 'x'.repeat(256), 'films/in', 'films in', 'fïlms', '192.168.0.1', ''])(
    '%s is rejected',
    (name) => {
      expect(errorOf(() => checkedSource({ bucket: name }))).toContain(
        `Invalid sources[0].bucket ${JSON.stringify(name)}: must be a bucket name`,
      );
    },
  );

  it('is unchanged in the rule and the policy', () => {
    const template = synthesizeTemplate({ sourceBuckets: ['MyCompany_Media'] });
    expect(objectRules(template)).toMatchObject([
      { EventPattern: { detail: { bucket: { name: ['MyCompany_Media'] } } } },
    ]);
    const statements = statementsOf('SendChunks', template);
    expect(resourcesFor('s3:GetObject', statements)).toEqual([
      'arn:<AWS::Partition>:s3:::MyCompany_Media/*',
    ]);
  });
});

/** Returns the template of a custom stack whose construct gets these sources by `addSource`. */
const ownStack = (sourcesOf: (stack: Stack) => readonly SourceProps[]) =>
  synthesize((app) => {
    const stack = new Stack(app, 'Own');
    const ferry = new Chunkferry(stack, 'Chunkferry');
    for (const source of sourcesOf(stack)) ferry.addSource(source);
    return stack;
  });

const ruleIds = (template: ReturnType<typeof ownStack>) =>
  resources('AWS::Events::Rule', template)
    .map(([id]) => id)
    .filter((id) => id.includes('ObjectCreatedRule'));

describe('B12: a bucket whose name is known only after deployment (aws-cdk#22236)', () => {
  const imported = (name: string): SourceProps => ({ bucket: Fn.importValue(name) });

  it('is a source', () => {
    const template = ownStack(() => [imported('FilmsBucket')]);
    expect(objectRules(template)).toMatchObject([
      { EventPattern: { detail: { bucket: { name: [{ 'Fn::ImportValue': 'FilmsBucket' }] } } } },
    ]);
    const { SOURCES } = functionOf('SendChunks', template).Environment.Variables;
    expect(plain(SOURCES)).toBe('{"list":[{"bucket":"<FilmsBucket>"}],"readers":{}}');
  });

  it('has the same logical id in each synthesis, at any position among the sources', () => {
    const [one] = ruleIds(ownStack(() => [imported('A')]));
    const two = ruleIds(ownStack(() => [{ bucket: 'films' }, imported('B'), imported('A')]));
    expect(one).toBeDefined();
    expect(two).toContain(one);
  });

  it('has an id of its own', () => {
    const ids = ruleIds(ownStack(() => [imported('A'), imported('B'), { bucket: 'films' }]));
    expect(new Set(ids).size).toBe(3);
  });

  it('has one rule for all of its sources', () => {
    const template = ownStack(() => [
      { ...imported('A'), prefixes: ['in/'] },
      { ...imported('A'), prefixes: ['raw/'] },
    ]);
    expect(objectRules(template)).toMatchObject([
      { EventPattern: { detail: { object: { key: [{ prefix: 'in/' }, { prefix: 'raw/' }] } } } },
    ]);
  });

  it('that is listed twice fails with a readable name', () => {
    const line = errorOf(() => ownStack(() => [imported('A'), imported('A')]));
    expect(line).toContain('Overlapping sources: (name known after deployment) (any object) and');
    expect(line).not.toContain('Token');
  });

  it.each<[string, (stack: Stack) => SourceProps]>([
    ['a parameter', (stack) => ({ bucket: new CfnParameter(stack, 'Name').valueAsString })],
    ['a part of another text', () => ({ bucket: `films-${Fn.importValue('Stage')}` })],
    ['a bucket of the stack', (stack) => ({ bucket: new Bucket(stack, 'Films').bucketName })],
    [
      'a bucket of another stack',
      (stack) => ({ bucket: new Bucket(new Stack(stack.node.root, 'Other'), 'Films') as IBucket }),
    ],
    ['a choice', () => ({ bucket: Fn.select(0, Fn.split(',', Fn.importValue('All'))) })],
    ['one to switch on', () => ({ bucket: Fn.importValue('FilmsBucket'), switchOnEvents: true })],
  ])('may be %s', (_, source) => {
    expect(ruleIds(ownStack((stack) => [source(stack)]))).toHaveLength(1);
  });
});

describe('B13: an access point (s3fs#637)', () => {
  const arn = 'arn:aws:s3:us-west-2:123456789012:accesspoint/my-ap';
  const alias = `my-ap-${'a1'.repeat(17)}-s3alias`;

  it.each([
    ['by its ARN', arn, arn],
    ['by its alias', alias, 'arn:<AWS::Partition>:s3:*:*:accesspoint/my-ap*'],
  ])('may be read %s', (_, bucket, allowed) => {
    const template = synthesizeTemplate({ sources: [{ bucket, prefixes: ['in/'] }] });
    const statements = statementsOf('SendChunks', template);
    expect(resourcesFor('s3:GetObjectVersion', statements)).toEqual([`${allowed}/object/in/*`]);
    expect(resourcesFor('s3:ListBucket', statements)).toEqual([allowed]);
  });

  it.each([arn, alias])('%s has no rule, because no event names it', (bucket) => {
    expect(objectRules(synthesizeTemplate({ sources: [{ bucket }] }))).toEqual([]);
  });

  it('has the Region of its ARN', () => {
    expect(checkedSource({ bucket: arn })).toEqual({ bucket: arn, region: 'us-west-2' });
  });
});
