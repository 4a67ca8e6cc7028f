import { describe, expect, it } from 'vitest';
import { bucketFlaw, splitS3Url } from '#src/core/source/buckets.ts';

const arn = 'arn:aws:s3:us-west-2:123456789012:accesspoint/my-ap';

describe('an S3 URL', () => {
  it.each([
    ['s3://films/a/b.mp4', 'films', 'a/b.mp4'],
    ['s3://MyCompany_Media/a.mp4', 'MyCompany_Media', 'a.mp4'],
    ['s3://films/a\nb%2F.mp4', 'films', 'a\nb%2F.mp4'],
    [`s3://${arn}/film.mp4`, arn, 'film.mp4'],
    [`s3://${arn}/a/b/film.mp4`, arn, 'a/b/film.mp4'],
    [`s3://${arn}//film.mp4`, arn, '/film.mp4'],
    [
      's3://arn:aws-us-gov:s3:us-gov-east-1:123456789012:accesspoint:my-ap/film.mp4',
      'arn:aws-us-gov:s3:us-gov-east-1:123456789012:accesspoint:my-ap',
      'film.mp4',
    ],
    [
      `s3://my-ap-${'a1'.repeat(17)}-s3alias/film.mp4`,
      `my-ap-${'a1'.repeat(17)}-s3alias`,
      'film.mp4',
    ],
  ])('%j is split into bucket and key', (url, bucket, key) => {
    expect(splitS3Url(url)).toEqual({ bucket, key });
  });

  it.each(['s3://', 's3://films', 's3://films/', 's3:///a.mp4', `s3://${arn}`, `s3://${arn}/`])(
    'rejects %s',
    (url) => {
      expect(() => splitS3Url(url)).toThrow(
        /Invalid S3 URL .*: expected s3:\/\/bucket\/key$|must be a bucket name/,
      );
    },
  );
});

describe('an unsupported kind of bucket is rejected:', () => {
  it.each([
    ['arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-01/accesspoint/my-ap', /Outposts/],
    ['films-abc--op-s3', /Outposts/],
    ['arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap', /Multi-Region Access Point/],
    ['arn:aws:s3-object-lambda:us-west-2:123456789012:accesspoint/my-olap', /Object Lambda/],
    ['my-olap-abc--ol-s3', /Object Lambda/],
    ['films--usw2-az1--x-s3', /directory bucket/],
    ['my-ap--usw2-az1--xa-s3', /directory bucket/],
    ['arn:aws:s3express:us-west-2:123456789012:bucket/films--usw2-az1--x-s3', /directory bucket/],
    ['films--table-s3', /table bucket/],
    ['arn:aws:s3:::films', /must be a name, not an ARN\. Use "films"$/],
  ])('%s', (bucket, words) => {
    expect(bucketFlaw(bucket)).toMatch(words);
    expect(() => splitS3Url(`s3://${bucket}/film.mp4`)).toThrow(
      expect.objectContaining({
        name: 'InvalidInputError',
        message: expect.stringContaining(JSON.stringify(bucket)),
      }),
    );
  });
});
