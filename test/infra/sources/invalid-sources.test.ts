import { Duration, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, it } from 'vitest';
import type { SourceProps } from '#infra/sources/source-props.ts';
import { Chunkferry } from '#infra/stacks/chunkferry.ts';
import { synthesize, synthesizeTemplate } from '#infra/synthesize.ts';
import { errorOf } from '../deployed.ts';
import { richProps } from '../rich-setup.ts';

const withSources = (...sources: SourceProps[]) => synthesizeTemplate({ sources });

describe('a source fails on one line when', () => {
  const key = 'arn:aws:kms:eu-west-1:123456789012:key/1';

  it.each<[string, SourceProps, string]>([
    [
      'its bucket is not a name',
      { bucket: 'Fi' },
      'Invalid sources[0].bucket "Fi": must be a bucket name',
    ],
    [
      'its bucket is on Outposts',
      { bucket: 'arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-01/accesspoint/films' },
      'Invalid sources[0].bucket "arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-01/accesspoint/films": access points on S3 on Outposts are not supported',
    ],
    [
      'its bucket is a Multi-Region Access Point',
      { bucket: 'arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap' },
      'Invalid sources[0].bucket "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap": Multi-Region Access Points are not supported',
    ],
    [
      'its bucket is an ARN',
      { bucket: 'arn:aws:s3:::films' },
      'Invalid sources[0].bucket "arn:aws:s3:::films": must be a name, not an ARN. Use "films"',
    ],
    [
      "its Region is not the access point's",
      { bucket: 'arn:aws:s3:us-west-2:123456789012:accesspoint/films', region: 'us-east-1' },
      'Invalid sources[0].region "us-east-1": must be "us-west-2", as in the bucket\'s ARN.',
    ],
    [
      'switchOnEvents is set for an access point',
      {
        bucket: 'arn:aws:s3:us-west-2:123456789012:accesspoint/films',
        switchOnEvents: true,
      },
      'Invalid sources[0].switchOnEvents true: must be used with a bucket. An access point has no events',
    ],
    [
      'its bucket is a URL',
      { bucket: 's3://films' },
      'Invalid sources[0].bucket "s3://films": must be',
    ],
    [
      'its bucket is an address',
      { bucket: '10.0.0.1' },
      'Invalid sources[0].bucket "10.0.0.1": must be',
    ],
    [
      'its bucket has a name that S3 reserves',
      { bucket: 'xn--films' },
      'Invalid sources[0].bucket "xn--films": the prefix "xn--" is reserved by S3',
    ],
    [
      'its bucket is a directory bucket, which has no events',
      { bucket: 'films--euw1-az1--x-s3' },
      'Invalid sources[0].bucket "films--euw1-az1--x-s3": the suffix "--x-s3" is reserved for directory buckets',
    ],
    [
      'its prefixes are empty',
      { bucket: 'films', prefixes: [] },
      'Invalid sources[0].prefixes []: must have at least one entry. Omit it to take any key.',
    ],
    [
      'its suffixes are empty',
      { bucket: 'films', suffixes: [] },
      'Invalid sources[0].suffixes []: must have at least one entry',
    ],
    [
      'a prefix is listed twice',
      { bucket: 'films', prefixes: ['in/', 'in/'] },
      'Invalid sources[0].prefixes[1] "in/": must be listed once.',
    ],
    [
      'a suffix has no dot',
      { bucket: 'films', suffixes: ['.mov', 'mp4'] },
      'Invalid sources[0].suffixes[1] "mp4": must have its dot. Use ".mp4".',
    ],
    [
      'a suffix has an unknown media type',
      { bucket: 'films', suffixes: ['.mp4', '.R3D'] },
      'Invalid sources[0].suffixes[1] ".R3D": must end with the extension of a media type. Or set its type: mediaTypes {".R3D":"video"}, with -c mediaTypes=.R3D=video.',
    ],
    [
      'a media type is invalid',
      { bucket: 'films', mediaTypes: { '.r3d': 'film' as 'video' } },
      'Invalid sources[0].mediaTypes[".r3d"] "film": must be "video", "audio" or "image".',
    ],
    [
      'its media types are empty',
      { bucket: 'films', mediaTypes: {} },
      'Invalid sources[0].mediaTypes {}: must have at least one entry',
    ],
    [
      'a media type is set for a suffix without a dot',
      { bucket: 'films', mediaTypes: { r3d: 'video' } },
      'Invalid sources[0].mediaTypes key "r3d": must have its dot. Use ".r3d".',
    ],
    [
      'a prefix is empty',
      { bucket: 'films', prefixes: [''] },
      'Invalid sources[0].prefixes[0] "": must not be empty. Omit prefixes to take any key.',
    ],
    [
      'a size is negative',
      { bucket: 'films', minSize: -1 },
      'Invalid sources[0].minSize -1: must be a whole number of at least 0.',
    ],
    [
      'its size bounds exclude each other',
      { bucket: 'films', minSize: 3, maxSize: 2 },
      'Invalid sources[0].minSize 3: must not be above maxSize, which is 2.',
    ],
    [
      'its Region is invalid',
      { bucket: 'films', region: 'Ireland' },
      'Invalid sources[0].region "Ireland": must be a Region such as eu-west-1.',
    ],
    [
      'its account is invalid',
      { bucket: 'films', account: '1234' },
      'Invalid sources[0].account "1234": must be 12 digits.',
    ],
    [
      'its account is not a source account',
      { bucket: 'films', account: '999988887777' },
      'Invalid sources[0].account "999988887777": must be listed in sourceAccounts. Add it there, or',
    ],
    [
      'its requestPayer is text',
      { bucket: 'films', requestPayer: 'requester' as never },
      'Invalid sources[0].requestPayer "requester": must be true or false.',
    ],
    [
      'its wait for a denial is too short',
      { bucket: 'films', waitWhileDenied: Duration.seconds(59) },
      'Invalid sources[0].waitWhileDenied 59 s: must be 60 to 86,400 whole seconds.',
    ],
    [
      'its wait for a denial is longer than a day',
      { bucket: 'films', waitWhileDenied: Duration.hours(25) },
      'Invalid sources[0].waitWhileDenied 90000 s: must be 60 to 86,400 whole seconds.',
    ],
    [
      'its wait for a denial is a number without a unit',
      { bucket: 'films', waitWhileDenied: 3600 as never },
      'Invalid sources[0].waitWhileDenied 3600: must be a Duration. Use Duration.seconds(3600).',
    ],
    [
      "its key is an alias's",
      { bucket: 'films', kmsKeyArn: 'arn:aws:kms:eu-west-1:123456789012:alias/films' },
      'Invalid sources[0].kmsKeyArn "arn:aws:kms:eu-west-1:123456789012:alias/films": must be a key\'s ARN',
    ],
  ])('%s', (_, source, message) => {
    const line = errorOf(() => withSources(source));
    expect(line).toContain(`ConfigurationError: ${message}`);
    expect(line).not.toContain('\n');
  });

  it('two keys are set', () => {
    const make = () =>
      synthesize((app) => {
        const stack = new Stack(app, 'Own');
        const encryptionKey = new Key(stack, 'Key');
        const source = { bucket: 'films', kmsKeyArn: key, encryptionKey };
        new Chunkferry(stack, 'Chunkferry', { sources: [source] });
        return stack;
      });
    expect(errorOf(make)).toContain(
      `Invalid sources[0].kmsKeyArn "${key}": must not be set together with encryptionKey.`,
    );
  });

  it('switchOnEvents is set for another account', () => {
    const theirs = { bucket: 'theirs', account: '111122223333', switchOnEvents: true };
    const line = errorOf(() => synthesizeTemplate({ ...richProps, sources: [theirs] }));
    expect(line).toContain(
      'Invalid sources[0].switchOnEvents true: must be used with a bucket of the stack',
    );
  });

  it('all sources together exceed the environment of a function', () => {
    const sources = Array.from({ length: 61 }, (_, index) => ({
      bucket: `a-bucket-with-a-rather-long-name-${index}`,
    }));
    expect(errorOf(() => withSources(...sources))).toMatch(
      /ConfigurationError: Too many sources: they take 30\d\d bytes of the functions' environment, and at most 3000 fit/,
    );
  });
});

describe('two sources of one bucket', () => {
  const pair = (one: Partial<SourceProps>, other: Partial<SourceProps>) =>
    errorOf(() => withSources({ bucket: 'films', ...one }, { bucket: 'films', ...other }));

  it.each<[string, Partial<SourceProps>, Partial<SourceProps>]>([
    ['take any object', {}, {}],
    ['have the same prefix', { prefixes: ['in/'] }, { prefixes: ['in/'] }],
    ['have a prefix that begins the other', { prefixes: ['in/'] }, { prefixes: ['in/a'] }],
    ['have prefixes in one only', { prefixes: ['in/'] }, {}],
    ['have suffixes that differ in case only', { suffixes: ['.mp4'] }, { suffixes: ['.MP4'] }],
    ['have a suffix that ends the other', { suffixes: ['.cut.mp4'] }, { suffixes: ['.mp4'] }],
    ['have sizes that touch', { maxSize: 10 }, { minSize: 10 }],
  ])('that %s fail', (_, one, other) => {
    expect(pair(one, other)).toMatch(/Overlapping sources: "films" .* and "films" .*\. Separate/);
  });

  it('with separate prefixes, suffixes or sizes are accepted', () => {
    const pairs: Readonly<Record<string, readonly Partial<SourceProps>[]>> = {
      films: [{ prefixes: ['in/'] }, { prefixes: ['out/'] }],
      matches: [{ suffixes: ['.mp4'] }, { suffixes: ['.mov'] }],
      talks: [{ maxSize: 9 }, { minSize: 10 }],
    };
    const sources = Object.entries(pairs).flatMap(([bucket, two]) =>
      two.map((source) => ({ bucket, ...source })),
    );
    expect(errorOf(() => withSources(...sources))).toBe('no error');
  });

  it('are named with their filters', () => {
    expect(pair({ prefixes: ['in/'], minSize: 5 }, {})).toBe(
      'ConfigurationError: Overlapping sources: "films" (prefixes in/, from 5 bytes) and "films" (any object). Separate them by prefixes, suffixes or sizes: an object must belong to one source only.',
    );
  });

  it('with different Regions fail', () => {
    const line = pair({ prefixes: ['a/'] }, { prefixes: ['b/'], region: 'us-east-1' });
    expect(line).toContain('Conflicting sources of bucket "films": the stack\'s account in');
  });
});
