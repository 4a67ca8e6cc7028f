import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type S3Fixture, sha256, startS3 } from './s3-fixture.ts';

let s3: S3Fixture;
beforeEach(async () => {
  s3 = await startS3({ buckets: ['films'] });
});
afterEach(() => s3.close());

describe('keys', () => {
  it.each([
    'plain.mp4',
    'with space+plus&and?query#hash.mp4',
    'a/../b/./c.mp4',
    '../../etc/film.mp4',
    '//double//slashes/',
    'näh 🎬.mp4',
    'line\nbreak\tand\u0001control.mp4',
    '%20%2F%already.mp4',
    '"quotes" \'single\' (parens)*!~.mp4',
    '=;:@,$[]{}|\\^`<>.mp4',
    'k'.repeat(1024),
  ])('go over the wire unchanged: %j', async (key) => {
    const bytes = Buffer.from(`the bytes of ${key}`);
    s3.double.put('films', key, bytes);
    const source = await s3.reader.inspect({ bucket: 'films', key });
    const read = await s3.readAll(source, { start: 0, endInclusive: bytes.length - 1 });
    expect(read.sha256).toBe(sha256(bytes));
    expect(s3.double.calls.map((call) => call.key)).toEqual([key, key]);
  });
});
