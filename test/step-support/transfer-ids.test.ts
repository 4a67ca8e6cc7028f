import { describe, expect, it } from 'vitest';
import {
  contentIds,
  objectIdOf,
  rejectionIdOf,
  transferIdOf,
} from '#src/step-support/transfer-ids.ts';

/** Deployed tables hold these ids, so each expected value is fixed. */
const source = {
  bucket: 'films',
  key: '2026/"Über" #1.mp4',
  versionId: 'v1',
  etag: '0123456789abcdef0123456789abcdef',
  sizeBytes: 12_345,
};
const destination = 'twelvelabs:api.twelvelabs.io';
const object = 'e53b48124fac302a91b4d1ef3c59249e8ba76a99';

describe('the ids that rows are stored under', () => {
  it('identifies an object by its version', () => {
    expect(objectIdOf(destination, source)).toBe(object);
  });

  it('identifies an object without a version by its ETag', () => {
    const expected = 'ca81642a2da0959181a1fe471822eee9a0c081c3';
    expect(objectIdOf(destination, { ...source, versionId: 'null' })).toBe(expected);
    expect(objectIdOf(destination, { ...source, versionId: undefined })).toBe(expected);
  });

  it('identifies a transfer by its object and ingest number', () => {
    expect(transferIdOf(object, 2)).toBe('6bf706c76ae4737d2857a3f2a4c8d46d8dedca6b');
  });

  it('identifies a rejected start by its execution', () => {
    const execution = 'arn:aws:states:eu-west-1:123456789012:execution:Transfers:abc';
    expect(rejectionIdOf(execution)).toBe('5335c98b360fbe41d188fac9b0e89861f64835d5');
  });

  it('identifies a content by each digest that proves it', () => {
    const digests = { sha256: 'c2hh', md5: 'abc-3', firstPartBytes: 5 };
    expect(contentIds(destination, { ...source, digests })).toEqual([
      '63bc0b6edd9339fa53a4970c13475ba0a15dd98d',
      'dbaf8e14361c2e42f304948891b920d96008d252',
    ]);
    expect(contentIds(destination, { ...source, digests: { md5: 'abc' } })).toEqual([
      '70f9de43868d56214cc474444eeffbd03f158407',
    ]);
    expect(contentIds(destination, source)).toEqual([]);
  });
});
