import type { IncomingMessage, ServerResponse } from 'node:http';
import { beforeEach, onTestFinished } from 'vitest';
import { createS3Client } from '#src/aws/s3/client.ts';
import type { SourcePlace } from '#src/aws/s3/clients.ts';
import { createSourceProbe } from '#src/aws/s3/source-probe.ts';
import type { Source } from '#src/core/source/sources.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';
import { startServer } from '../../../http/http-server.ts';

/** A reply of the S3 double. */
export interface Answer {
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

/** One file in a bucket with the EventBridge setting on, and every permission. */
const permitted = {
  list: { body: listing([{ key: 'in/a.mp4' }]) },
  head: { headers: { etag: '"e"', 'content-length': '5', 'x-amz-version-id': 'v1' } },
  get: {
    status: 206,
    body: 'f',
    headers: { etag: '"e"', 'content-range': 'bytes 0-0/5', 'x-amz-version-id': 'v1' },
  },
  notification: { body: notifications('<EventBridgeConfiguration/>') },
};

type Answers = Record<keyof typeof permitted, Answer>;

/** The S3 double of one test. */
interface ProbedS3 {
  answers: Answers;
  /** The reply to a GET without a version. Default: that of any GET. */
  unversioned: Answer | undefined;
  /** The prefix whose listing is denied, if any. */
  deniedPrefix: string | undefined;
  /** Whether the bucket denies requests that do not accept the charge. */
  isRequesterPays: boolean;
  /** The requests: method, path with query. */
  requests: string[];
  /** The places of the used clients. */
  places: SourcePlace[];
}

export const s3: ProbedS3 = initial();

/** Resets `s3` to a bucket with every permission before each test. */
export function resetEachTest(): void {
  beforeEach(() => void Object.assign(s3, initial()));
}

function initial(): ProbedS3 {
  return {
    answers: { ...permitted },
    unversioned: undefined,
    deniedPrefix: undefined,
    isRequesterPays: false,
    requests: [],
    places: [],
  };
}

export function listing(
  objects: readonly { key: string; size?: number; storage?: string }[],
): string {
  const contents = objects.map(
    ({ key, size = 5, storage = 'STANDARD' }) =>
      `<Contents><Key>${key}</Key><Size>${size}</Size><StorageClass>${storage}</StorageClass></Contents>`,
  );
  return `<ListBucketResult>${contents.join('')}</ListBucketResult>`;
}

export function notifications(content: string): string {
  return `<NotificationConfiguration>${content}</NotificationConfiguration>`;
}

/** Returns an error reply of S3. */
export function rejection(status: number, code: string, message = '', elements = ''): Answer {
  return {
    status,
    body: `<Error><Code>${code}</Code><Message>${message}</Message>${elements}</Error>`,
    headers: { 'content-type': 'application/xml' },
  };
}

function reply(request: IncomingMessage, response: ServerResponse): void {
  const { method, url } = request;
  s3.requests.push(`${method} ${url}`);
  const { status = 200, body = '', headers = {} } = answerTo(request);
  response.writeHead(status, headers).end(method === 'HEAD' ? undefined : body);
}

function answerTo({ method, url = '', headers }: IncomingMessage): Answer {
  const { answers, unversioned, deniedPrefix, isRequesterPays } = s3;
  const isUnpaid = isRequesterPays && headers['x-amz-request-payer'] !== 'requester';
  const isDenied =
    deniedPrefix !== undefined && url.includes(`prefix=${encodeURIComponent(deniedPrefix)}`);
  if (isUnpaid || isDenied) return rejection(403, 'AccessDenied', 'Access Denied');
  if (/list-type=2/.test(url)) return answers.list;
  if (/[?&]notification/.test(url)) return answers.notification;
  if (method === 'HEAD') return answers.head;
  return url.includes('versionId=') ? answers.get : (unversioned ?? answers.get);
}

/** Checks a source against the double. */
export async function probe(source: Source, withEventNotifications = false) {
  const server = await startServer(reply);
  const agent = createAgent({ headersTimeoutMs: 10_000, bodyTimeoutMs: 10_000 });
  onTestFinished(async () => {
    await closeAgent(agent);
    await server.close();
  });
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const at = { agent, endpoint: server.origin, forcePathStyle: true, region: 'us-east-1' };
  const clientFor = (place: SourcePlace) => {
    s3.places.push(place);
    return createS3Client({ ...at, credentials });
  };
  return createSourceProbe({ clientFor })(source, { withEventNotifications });
}

export const films: Source = { bucket: 'films', prefixes: ['in/'] };
