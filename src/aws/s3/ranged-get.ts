import type { Readable } from 'node:stream';
import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { RepeatedRequest } from '#src/aws/repeated-request.ts';
import type { SdkReply } from '#src/aws/undici-request-handler.ts';
import { type ByteRange, rangeHeader } from '#src/core/source/byte-range.ts';
import type { SourceObject } from '#src/core/source/source-object.ts';
import { addressOf } from './address.ts';

/** One GET of a range of a pinned object. */
export interface RangeRequest {
  readonly source: SourceObject;
  readonly range: ByteRange;
  readonly signal: AbortSignal;
}

/** The fields of a successful reply. The caller must read the body to its end or destroy it. */
export interface RangeReply {
  readonly status: number | undefined;
  readonly etag: string | undefined;
  readonly versionId: string | undefined;
  readonly contentRange: string | undefined;
  readonly contentLength: number | undefined;
  readonly body: Readable;
}

/** The GETs of one object by one client. They differ in their range only. */
interface ObjectGets {
  readonly client: S3Client;
  readonly gets: RepeatedRequest;
}

/** By object. Each call of a function reads its own from the row, so no entry outlives a call. */
const getsOf = new WeakMap<SourceObject, ObjectGets>();

/**
 * Sends one GET, once.
 * @throws the SDK's own errors, and the signal's reason
 */
export async function getRange(
  client: S3Client,
  { source, range, signal }: RangeRequest,
): Promise<RangeReply> {
  const headers = { range: rangeHeader(range) };
  const pinned = { ...addressOf(source), IfMatch: `"${source.etag}"`, Range: headers.range };
  const sent = await getsBy(client, source).send(
    { headers },
    (options) => client.send(new GetObjectCommand(pinned), options),
    signal,
  );
  return 'reply' in sent ? fieldsOf(sent.reply) : fieldsOfOutput(sent.output);
}

function getsBy(client: S3Client, source: SourceObject): RepeatedRequest {
  const known = getsOf.get(source);
  if (known?.client === client) return known.gets;
  const gets = new RepeatedRequest(client);
  getsOf.set(source, { client, gets });
  return gets;
}

function fieldsOf({ statusCode: status, headers, body }: SdkReply): RangeReply {
  const length = headers['content-length'];
  return {
    status,
    etag: headers.etag,
    versionId: headers['x-amz-version-id'],
    contentRange: headers['content-range'],
    contentLength: length === undefined ? undefined : Number(length),
    body,
  };
}

function fieldsOfOutput(output: GetObjectCommandOutput): RangeReply {
  return {
    status: output.$metadata.httpStatusCode,
    etag: output.ETag,
    versionId: output.VersionId,
    contentRange: output.ContentRange,
    contentLength: output.ContentLength,
    body: output.Body as Readable,
  };
}
