import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { digestsOf } from '#src/aws/s3/digests.ts';
import type { ObjectTraits } from '../../doubles/s3/objects.ts';
import { type S3Fixture, startS3 } from './s3-fixture.ts';

let s3: S3Fixture;
beforeAll(async () => {
  s3 = await startS3();
  s3.double.createBucket('films');
});
afterAll(() => s3.close());

const md5 = '0123456789abcdef0123456789abcdef';
const sha256 = 'LCa0a2j/xo/5m0U8HTBBNBNCLXBkg7+g+YpeiGJm564=';

const reference = { bucket: 'films', key: 'film.mp4' };

async function inspectedDigests(traits: ObjectTraits) {
  s3.double.put('films', 'film.mp4', Buffer.from('twelve bytes'), { etag: md5, ...traits });
  return (await s3.reader.inspect(reference, { withDigests: true })).digests;
}

it.each<[string, ObjectTraits, object]>([
  ['not encrypted', {}, { md5 }],
  ['under keys of S3', { encryption: 'AES256' }, { md5 }],
  ['of parts', { etag: `${md5}-2`, partBytes: [8, 4] }, { md5: `${md5}-2`, firstPartBytes: 8 }],
  [
    'under a KMS key, with a SHA-256 of the whole',
    { encryption: 'aws:kms', checksum: { algorithm: 'SHA256', value: sha256 } },
    { sha256 },
  ],
])('an object %s has digests', async (_, traits, digests) => {
  expect(await inspectedDigests(traits)).toEqual(digests);
});

it.each<[string, ObjectTraits]>([
  ['the ETag of SSE-KMS', { encryption: 'aws:kms' }],
  ['the ETag of DSSE-KMS', { encryption: 'aws:kms:dsse' }],
  ['the ETag under an encryption that is not known', { encryption: 'aws:fsx' }],
  ['an ETag of another form', { etag: 'opaque' }],
  ['an ETag of parts whose number is another', { etag: `${md5}-3`, partBytes: [8, 4] }],
  ['an ETag of parts where S3 tells none', { etag: `${md5}-2` }],
  [
    'a SHA-256 of the parts',
    {
      encryption: 'aws:kms',
      checksum: { algorithm: 'SHA256', type: 'COMPOSITE', value: `${sha256}-2` },
    },
  ],
])('%s has no digest', async (_, traits) => {
  expect(await inspectedDigests(traits)).toBeUndefined();
});

it.each<[string, ObjectTraits, string | undefined]>([
  ['not encrypted', {}, md5],
  ['under keys of S3', { encryption: 'AES256' }, md5],
  ['of parts', { etag: `${md5}-2`, partBytes: [8, 4] }, undefined],
  ['under a KMS key', { encryption: 'aws:kms' }, undefined],
  ['with an ETag of another form', { etag: 'opaque' }, undefined],
])('an object %s has the MD5 %3$s of the whole', async (_, traits, expected) => {
  s3.double.put('films', 'film.mp4', Buffer.from('twelve bytes'), { etag: md5, ...traits });
  expect((await s3.reader.inspect(reference, { withMd5: true })).md5).toBe(expected);
});

it.each([
  'films--use1-az4--x-s3',
  'films--ol-s3',
  'films--op-s3',
  'films-ext-s3alias',
  'arn:aws:s3-object-lambda:us-east-1:111122223333:accesspoint/films',
])('the ETag of another kind of storage is no digest: %s', async (bucket) => {
  const head = { ETag: `"${md5}"`, $metadata: {} };
  expect(await digestsOf({} as S3Client, head, { ...reference, bucket })).toBeUndefined();
});

it('an object of parts in a bucket with Requester Pays has digests', async () => {
  s3.double.createBucket('paid', { requesterPays: true });
  const parts = { etag: `${md5}-2`, partBytes: [8, 4] };
  s3.double.put('paid', 'film.mp4', Buffer.from('twelve bytes'), parts);
  const paid = { bucket: 'paid', key: 'film.mp4', requestPayer: true };
  expect((await s3.reader.inspect(paid, { withDigests: true })).digests).toEqual({
    md5: parts.etag,
    firstPartBytes: 8,
  });
});

it('an object has no digest if the HEAD of its first part fails', async () => {
  s3.double.put('films', 'film.mp4', Buffer.from('twelve bytes'), {
    etag: `${md5}-2`,
    partBytes: [8, 4],
  });
  const fault = { kind: 'error', status: 503, code: 'SlowDown' } as const;
  s3.double.fail(fault, { method: 'HEAD', skip: 1 });
  const inspected = await s3.reader.inspect(reference, { withDigests: true });
  expect(inspected.digests).toBeUndefined();
});

it('digests are read only if the source requires them, and cost no request otherwise', async () => {
  await inspectedDigests({ etag: `${md5}-2`, partBytes: [8, 4] });
  s3.double.calls.length = 0;
  const object = await s3.reader.inspect({ bucket: 'films', key: 'film.mp4' });
  expect(object.digests).toBeUndefined();
  expect(s3.double.calls).toHaveLength(1);
});
