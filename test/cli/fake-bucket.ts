import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type HttpServer, startServer } from '../http/http-server.ts';

/** An object of the list: its key, size, storage class, and whether it is restored. */
export type FakeObject = readonly [
  key: string,
  size: number,
  storageClass?: string,
  isRestored?: boolean,
];

/** An S3 that lists one bucket. */
export interface FakeBucket {
  /** The pages of the list. A page has the objects with the prefix of the request. */
  pages: FakeObject[][];
  readonly requests: URL[];
  /** The code of the error that answers every list. */
  error: string | undefined;
  region: string;
  headStatus: number;
}

/** Starts the bucket for a test file, at which the SDK finds it. Each test has an empty one. */
export function useFakeBucket(): FakeBucket {
  const bucket = { requests: [] } as unknown as FakeBucket;
  let server: HttpServer;
  beforeAll(async () => {
    server = await startServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://s3');
      bucket.requests.push(url);
      const isHead = request.method === 'HEAD';
      const status = isHead ? bucket.headStatus : bucket.error === undefined ? 200 : 404;
      const headers = {
        'content-type': 'application/xml',
        'x-amz-bucket-region': bucket.region,
      };
      response.writeHead(status, isHead && status !== 200 ? {} : headers);
      response.end(isHead ? undefined : bodyFor(bucket, url));
    });
  });
  afterAll(() => server.close());
  beforeEach(() => {
    process.env.AWS_ENDPOINT_URL_S3 = server.origin;
    bucket.requests.length = 0;
    Object.assign(bucket, { pages: [], error: undefined, region: 'us-east-1', headStatus: 200 });
  });
  return bucket;
}

const restored =
  '<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress><RestoreExpiryDate>2026-12-29T00:00:00Z</RestoreExpiryDate></RestoreStatus>';

function bodyFor({ error, pages }: FakeBucket, { searchParams }: URL): string {
  if (error !== undefined) return `<Error><Code>${error}</Code><Message>none</Message></Error>`;
  const at = Number(searchParams.get('continuation-token') ?? 0);
  const prefix = searchParams.get('prefix') ?? '';
  const encode = (key: string) => encodeURIComponent(key).replaceAll('%20', '+');
  const contents = (pages[at] ?? [])
    .filter(([key]) => key.startsWith(prefix))
    .map(
      ([key, size, storageClass = 'STANDARD', isRestored]) =>
        `<Contents><Key>${encode(key)}</Key><Size>${size}</Size><StorageClass>${storageClass}</StorageClass><ETag>&quot;e1&quot;</ETag>${isRestored ? restored : ''}</Contents>`,
    );
  const next =
    at + 1 < pages.length ? `<NextContinuationToken>${at + 1}</NextContinuationToken>` : '';
  return `<ListBucketResult><EncodingType>url</EncodingType>${contents.join('')}${next}</ListBucketResult>`;
}
