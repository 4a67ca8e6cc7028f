import type { S3Client } from '@aws-sdk/client-s3';
import { textField } from '#src/aws/sdk-failure.ts';

/** The field of a refusal that holds the Region in which the request was made. */
const field = 'askedInRegion';

/** Adds to each refusal of S3 the Region in which it was asked: S3 itself names the bucket's only. */
export function recordAskedRegion(client: S3Client): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        if (error instanceof Error) Object.assign(error, { [field]: await regionOf(client) });
        throw error;
      }
    },
    { step: 'initialize', name: 'recordAskedRegion' },
  );
}

/** A Region that is not set is an error of its own, which comes first. */
function regionOf(client: S3Client): Promise<string | undefined> {
  return client.config.region().catch(() => undefined);
}

/** The Region in which a refused request was made, where its client records it. */
export function regionAskedIn(error: unknown): string | undefined {
  return textField(error, field);
}
