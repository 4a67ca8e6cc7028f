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

const accessPoint = 'arn:aws:s3:us-west-2:123456789012:accesspoint/my-ap';
const alias = `my-ap-${'a1'.repeat(17)}-s3alias`;

/** A stack with a bucket of an old name, and with an access point by both of its names. */
const named = synthesizeTemplate({
  sourceBuckets: ['MyCompany_Media'],
  sources: [accessPoint, alias].map((bucket) => ({ bucket, prefixes: ['in/'] })),
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
    expect(objectRules(named)).toMatchObject([
      { EventPattern: { detail: { bucket: { name: ['MyCompany_Media'] } } } },
    ]);
    const objects = resourcesFor('s3:GetObject', statementsOf('SendChunks', named));
    expect(objects.filter((name) => !name.includes('accesspoint'))).toEqual([
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

  const alone = ownStack(() => [imported('FilmsBucket')]);
  const several = ownStack(() => [
    { bucket: 'films' },
    imported('Other'),
    imported('FilmsBucket'),
    { ...imported('Split'), prefixes: ['in/'] },
    { ...imported('Split'), prefixes: ['raw/'] },
  ]);

  it('is a source', () => {
    expect(objectRules(alone)).toMatchObject([
      { EventPattern: { detail: { bucket: { name: [{ 'Fn::ImportValue': 'FilmsBucket' }] } } } },
    ]);
    const { SOURCES } = functionOf('SendChunks', alone).Environment.Variables;
    expect(plain(SOURCES)).toBe('{"list":[{"bucket":"<FilmsBucket>"}],"readers":{}}');
  });

  it('has the same logical id in each synthesis, at any position among the sources', () => {
    const [one] = ruleIds(alone);
    expect(one).toBeDefined();
    expect(ruleIds(several)).toContain(one);
  });

  it('has an id of its own', () => {
    expect(new Set(ruleIds(several)).size).toBe(4);
  });

  it('has one rule for all of its sources', () => {
    const rules = objectRules(several).filter((rule) => JSON.stringify(rule).includes('"Split"'));
    expect(rules).toMatchObject([
      { EventPattern: { detail: { object: { key: [{ prefix: 'in/' }, { prefix: 'raw/' }] } } } },
    ]);
  });

  it('that is listed twice fails with a readable name', () => {
    const line = errorOf(() => ownStack(() => [imported('A'), imported('A')]));
    expect(line).toContain('Overlapping sources: (name known after deployment) (any object) and');
    expect(line).not.toContain('Token');
  });

  it('may be a parameter, a part of another text, a bucket construct, a choice, or one to switch on', () => {
    const sources = (stack: Stack): SourceProps[] => [
      { bucket: new CfnParameter(stack, 'Name').valueAsString },
      { bucket: `films-${Fn.importValue('Stage')}` },
      { bucket: new Bucket(stack, 'Films').bucketName },
      { bucket: new Bucket(new Stack(stack.node.root, 'Other'), 'Films') as IBucket },
      { bucket: Fn.select(0, Fn.split(',', Fn.importValue('All'))) },
      { bucket: Fn.importValue('FilmsBucket'), switchOnEvents: true },
    ];
    const rules = objectRules(ownStack(sources)).map((rule) => JSON.stringify(rule));
    for (const name of [
      '"Name"',
      'Stage',
      'Films[0-9A-F]',
      'ExportsOutputRefFilms',
      'All',
      'FilmsBucket',
    ])
      expect([name, rules.filter((rule) => new RegExp(name).test(rule)).length > 0]).toEqual([
        name,
        true,
      ]);
    expect(rules).toHaveLength(6);
  });
});

describe('B13: an access point (s3fs#637)', () => {
  it('may be read by its ARN and by its alias', () => {
    const allowed = [accessPoint, 'arn:<AWS::Partition>:s3:*:*:accesspoint/my-ap*'];
    const read = (action: string) =>
      resourcesFor(action, statementsOf('SendChunks', named)).filter((name) =>
        name.includes('accesspoint'),
      );
    expect(read('s3:GetObjectVersion').sort()).toEqual(
      allowed.map((name) => `${name}/object/in/*`).sort(),
    );
    expect(read('s3:ListBucket').sort()).toEqual(allowed.sort());
  });

  it('has no rule, because no event names it', () => {
    expect(JSON.stringify(objectRules(named))).not.toContain('my-ap');
  });

  it('has the Region of its ARN', () => {
    expect(checkedSource({ bucket: accessPoint })).toEqual({
      bucket: accessPoint,
      region: 'us-west-2',
    });
  });
});
