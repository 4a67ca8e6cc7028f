import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diagnoseDenial } from '#src/aws/s3/denial-diagnosis.ts';
import { type S3Fixture, startS3 } from './s3-fixture.ts';

describe('N19: the diagnosis of a denied read', () => {
  let s3: S3Fixture;
  beforeEach(async () => {
    s3 = await startS3({ buckets: ['films'], versionedBuckets: ['kept'] });
  });
  afterEach(() => s3.close());

  const bytes = Buffer.from('a film');
  const kmsKey = 'arn:aws:kms:us-east-1:111122223333:key/0b1c2d3e-0000-4000-8000-000000000000';
  const diagnosed = (bucket: string, account?: string) =>
    diagnoseDenial(s3.client, { bucket, key: 'a.mp4', versionId: undefined, account });

  it('finds a denial of versions only', async () => {
    s3.double.put('kept', 'a.mp4', bytes);
    s3.double.deny('kept', 'a.mp4', 'version');
    expect(await diagnosed('kept')).toContain('only s3:GetObjectVersion is denied');
  });

  it('finds a bucket with Requester Pays', async () => {
    s3.double.createBucket('paid', { requesterPays: true });
    s3.double.put('paid', 'a.mp4', bytes);
    expect(await diagnosed('paid')).toContain('set requestPayer for this source');
  });

  it.each([
    ['of this account: the source may name it, its policy must', undefined, 'If kmsKeyArn of the'],
    ['of another account: the stack there', '444455556666', 'Add it to kmsKeyArns of the source-'],
  ])('finds a denied key %s', async (_, account, advice) => {
    s3.double.put('films', 'a.mp4', bytes, { kmsKey });
    s3.double.deny('films', 'a.mp4', 'kms-get');
    expect(await diagnosed('films', account)).toContain(
      `kms:Decrypt is denied for ${kmsKey}. ${advice}`,
    );
  });

  it('finds a denial of versions only, without the excluded causes', async () => {
    s3.double.put('kept', 'a.mp4', bytes);
    s3.double.deny('kept', 'a.mp4', 'version');
    expect(await diagnosed('kept')).not.toMatch(/KMS|kmsKeyArn|prefixes|requestPayer/);
  });

  it('finds nothing if every read is denied', async () => {
    s3.double.put('films', 'a.mp4', bytes);
    s3.double.deny('films', 'a.mp4');
    expect(await diagnosed('films')).toBeUndefined();
  });
});
