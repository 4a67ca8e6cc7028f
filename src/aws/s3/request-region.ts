import type { S3Client } from '@aws-sdk/client-s3';
import { textField } from '#src/aws/sdk-failure.ts';

/** The field of an S3 error that holds the Region of the request. */
const field = 'requestRegion';

/** Adds the Region of the request to every S3 error: S3 itself names only the bucket's Region. */
export function recordRequestRegion(client: S3Client): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        if (error instanceof Error) Object.assign(error, { [field]: await regionOf(client) });
        throw error;
      }
    },
    { step: 'initialize', name: 'recordRequestRegion' },
  );
}

/** Returns undefined if no Region is set: the SDK reports that with its own error. */
function regionOf(client: S3Client): Promise<string | undefined> {
  return client.config.region().catch(() => undefined);
}

/** Returns the Region of the failed request, if its client records it. */
export function requestRegionOf(error: unknown): string | undefined {
  return textField(error, field);
}
