import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, expect, it } from 'vitest';
import { createS3Client } from '#src/aws/s3/client.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';

const agent = createAgent({ headersTimeoutMs: 1_000, bodyTimeoutMs: 1_000 });
afterAll(() => closeAgent(agent));

/** Returns the host of a HEAD for a key in this bucket. */
async function hostOf(Bucket: string): Promise<string> {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const client = createS3Client({ agent, region: 'eu-west-1', credentials });
  let host = '';
  client.middlewareStack.add(
    () => async (middlewareArgs) => {
      host = (middlewareArgs.request as { readonly hostname: string }).hostname;
      return { response: {}, output: { $metadata: {} } } as never;
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  await client.send(new HeadObjectCommand({ Bucket, Key: 'film.mp4' }));
  return host;
}

// https://github.com/s3fs-fuse/s3fs-fuse/issues/637
it.each([
  [
    'the ARN of an access point, in its own Region',
    'arn:aws:s3:us-west-2:123456789012:accesspoint/my-ap',
    'my-ap-123456789012.s3-accesspoint.us-west-2.amazonaws.com',
  ],
  [
    'the alias of an access point, like a bucket',
    'my-ap-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias',
    'my-ap-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias.s3.eu-west-1.amazonaws.com',
  ],
])('B13: reads by %s', async (_, bucket, host) => {
  expect(await hostOf(bucket)).toBe(host);
});
