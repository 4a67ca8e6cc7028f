import { Duration, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, it } from 'vitest';
import type { SourceProps } from '#infra/sources/source-props.ts';
import { Chunkferry } from '#infra/stacks/chunkferry.ts';
import { synthesize, synthesizeTemplate } from '#infra/synthesize.ts';
import { refusal } from '../deployed.ts';
import { richProps } from '../rich-setup.ts';

const withSources = (...sources: SourceProps[]) => synthesizeTemplate({ sources });

describe('a source is refused on one line when', () => {
  const key = 'arn:aws:kms:eu-west-1:123456789012:key/1';

  it.each<[string, SourceProps, string]>([
    ['its bucket is no name', { bucket: 'Fi' }, 'Invalid bucket name "Fi": must be a bucket name'],
    [
      'its bucket is on Outposts',
      { bucket: 'arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-01/accesspoint/films' },
      'Invalid bucket name "arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-01/accesspoint/films": access points on S3 on Outposts are not supported',
    ],
    [
      'its bucket is a Multi-Region Access Point',
      { bucket: 'arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap' },
      'Invalid bucket name "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap": Multi-Region Access Points are not supported',
    ],
    [
      'its bucket is the ARN of one',
      { bucket: 'arn:aws:s3:::films' },
      'Invalid bucket name "arn:aws:s3:::films": must be a name, not an ARN. Use "films"',
    ],
    [
      "its Region is not the access point's",
      { bucket: 'arn:aws:s3:us-west-2:123456789012:accesspoint/films', region: 'us-east-1' },
      'Invalid region "us-east-1" of source arn:aws:s3:us-west-2:123456789012:accesspoint/films: must be "us-west-2", which its ARN names',
    ],
    [
      'the events of an access point are to be switched on',
      {
        bucket: 'arn:aws:s3:us-west-2:123456789012:accesspoint/films',
        switchOnEvents: true,
      },
      'source arn:aws:s3:us-west-2:123456789012:accesspoint/films: switchOnEvents is for buckets; an access point has no events',
    ],
    ['its bucket is a URL', { bucket: 's3://films' }, 'Invalid bucket name "s3://films": must be'],
    ['its bucket is an address', { bucket: '10.0.0.1' }, 'Invalid bucket name "10.0.0.1": must be'],
    [
      'its bucket bears a name that S3 keeps for itself',
      { bucket: 'xn--films' },
      'Invalid bucket name "xn--films": the prefix "xn--" is reserved by S3',
    ],
    [
      'its bucket is a directory bucket, which has no events',
      { bucket: 'films--euw1-az1--x-s3' },
      'Invalid bucket name "films--euw1-az1--x-s3": the suffix "--x-s3" is reserved for directory buckets',
    ],
    [
      'its prefixes are none',
      { bucket: 'films', prefixes: [] },
      'source films: prefixes is []; at least one is right, or leave prefixes out to take any key',
    ],
    [
      'its suffixes are none',
      { bucket: 'films', suffixes: [] },
      'source films: suffixes is []; at least one is right',
    ],
    [
      'a prefix is named twice',
      { bucket: 'films', prefixes: ['in/', 'in/'] },
      'source films: prefixes holds "in/" twice; once is right',
    ],
    [
      'a suffix has no dot',
      { bucket: 'films', suffixes: ['.mov', 'mp4'] },
      'source films: suffixes holds "mp4", which has no dot; ".mp4" is right',
    ],
    [
      'no media type is known for a suffix',
      { bucket: 'films', suffixes: ['.mp4', '.R3D'] },
      'source films: suffixes holds ".R3D", whose media type is not known; name it in mediaTypes: {".R3D":"video"}, or -c mediaTypes=.R3D=video for sourceBuckets',
    ],
    [
      'a media type is none',
      { bucket: 'films', mediaTypes: { '.r3d': 'film' as 'video' } },
      'Invalid mediaTypes[".r3d"] "film" of source films: must be "video", "audio" or "image"',
    ],
    [
      'its media types are none',
      { bucket: 'films', mediaTypes: {} },
      'Invalid mediaTypes {} of source films: must have at least one entry',
    ],
    [
      'a media type is named for a suffix without a dot',
      { bucket: 'films', mediaTypes: { r3d: 'video' } },
      'Invalid suffix "r3d" of mediaTypes of source films: must have its dot. Use ".r3d"',
    ],
    [
      'a prefix is empty',
      { bucket: 'films', prefixes: [''] },
      'source films: prefixes holds an empty prefix; leave prefixes out to take any key',
    ],
    [
      'a size is negative',
      { bucket: 'films', minSize: -1 },
      'source films: minSize is -1; a whole number from 0',
    ],
    [
      'no object can have its size',
      { bucket: 'films', minSize: 3, maxSize: 2 },
      'source films: minSize is 3 and maxSize 2; no object has such a size',
    ],
    [
      'its Region is none',
      { bucket: 'films', region: 'Ireland' },
      'Invalid region "Ireland" of source films: must be a Region such as eu-west-1',
    ],
    [
      'its account is none',
      { bucket: 'films', account: '1234' },
      'source films: account is "1234"; 12 digits are right',
    ],
    [
      'its account is not known',
      { bucket: 'films', account: '999988887777' },
      'source films: account 999988887777 is not in sourceAccounts; list it there, or',
    ],
    [
      'its requestPayer is no truth',
      { bucket: 'films', requestPayer: 'requester' as never },
      'Invalid requestPayer "requester" of source films: must be true or false',
    ],
    [
      'it waits too shortly for a denial to end',
      { bucket: 'films', waitWhileDenied: Duration.seconds(59) },
      'Invalid waitWhileDenied 59 of source films: must be 60 to 86,400 seconds',
    ],
    [
      'it waits for longer than a day for a denial to end',
      { bucket: 'films', waitWhileDenied: Duration.hours(25) },
      'Invalid waitWhileDenied 90000 of source films: must be 60 to 86,400 seconds',
    ],
    [
      'its wait for a denial is a number without a unit',
      { bucket: 'films', waitWhileDenied: 3600 as never },
      'Invalid waitWhileDenied 3600 of source films: must be a Duration. Use Duration.seconds(3600)',
    ],
    [
      "its key is an alias's",
      { bucket: 'films', kmsKeyArn: 'arn:aws:kms:eu-west-1:123456789012:alias/films' },
      'source films: kmsKeyArn is "arn:aws:kms:eu-west-1:123456789012:alias/films"; a key\'s ARN',
    ],
  ])('%s', (_, source, message) => {
    const line = refusal(() => withSources(source));
    const where = message.startsWith('Invalid ') ? '' : 'Chunkferry: ';
    expect(line).toContain(`ConfigurationError: ${where}${message}`);
    expect(line).not.toContain('\n');
  });

  it('two keys are given', () => {
    const make = () =>
      synthesize((app) => {
        const stack = new Stack(app, 'Own');
        const encryptionKey = new Key(stack, 'Key');
        const source = { bucket: 'films', kmsKeyArn: key, encryptionKey };
        new Chunkferry(stack, 'Chunkferry', { sources: [source] });
        return stack;
      });
    expect(refusal(make)).toContain(
      'source films: encryptionKey and kmsKeyArn are both given; one',
    );
  });

  it('its events are to be switched on in another account', () => {
    const theirs = { bucket: 'theirs', account: '111122223333', switchOnEvents: true };
    const line = refusal(() => synthesizeTemplate({ ...richProps, sources: [theirs] }));
    expect(line).toContain('source theirs: switchOnEvents is for buckets of the stack');
  });

  it('all together are too long for the environment of a function', () => {
    const sources = Array.from({ length: 61 }, (_, index) => ({
      bucket: `a-bucket-with-a-rather-long-name-${index}`,
    }));
    expect(refusal(() => withSources(...sources))).toMatch(
      /ConfigurationError: Chunkferry: sources take 30\d\d bytes of the functions' environment, more than 3000/,
    );
  });
});

describe('two sources of one bucket', () => {
  const pair = (one: Partial<SourceProps>, other: Partial<SourceProps>) =>
    refusal(() => withSources({ bucket: 'films', ...one }, { bucket: 'films', ...other }));

  it.each<[string, Partial<SourceProps>, Partial<SourceProps>]>([
    ['take anything', {}, {}],
    ['have the same prefix', { prefixes: ['in/'] }, { prefixes: ['in/'] }],
    ['have prefixes of which one begins the other', { prefixes: ['in/'] }, { prefixes: ['in/a'] }],
    ['have prefixes in one only', { prefixes: ['in/'] }, {}],
    ['have suffixes that differ in case only', { suffixes: ['.mp4'] }, { suffixes: ['.MP4'] }],
    ['have suffixes that end alike', { suffixes: ['.cut.mp4'] }, { suffixes: ['.mp4'] }],
    ['have sizes that touch', { maxSize: 10 }, { minSize: 10 }],
  ])('that %s are refused', (_, one, other) => {
    expect(pair(one, other)).toMatch(/Chunkferry: the sources films .* and films .* overlap; an/);
  });

  it.each<[string, Partial<SourceProps>, Partial<SourceProps>]>([
    ['prefixes', { prefixes: ['in/'] }, { prefixes: ['out/'] }],
    ['suffixes', { suffixes: ['.mp4'] }, { suffixes: ['.mov'] }],
    ['sizes', { maxSize: 9 }, { minSize: 10 }],
  ])('whose %s keep them apart are taken', (_, one, other) => {
    expect(pair(one, other)).toBe('not refused');
  });

  it('names both by their filters', () => {
    expect(pair({ prefixes: ['in/'], minSize: 5 }, {})).toBe(
      'ConfigurationError: Chunkferry: the sources films (prefixes in/, from 5 bytes) and films (any object) overlap; an object must belong to one source only',
    );
  });

  it('that disagree on the Region are refused', () => {
    const line = pair({ prefixes: ['a/'] }, { prefixes: ['b/'], region: 'us-east-1' });
    expect(line).toContain("disagree on its account or Region: the stack's account in");
  });
});
