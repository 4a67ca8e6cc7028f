import type { IncomingMessage } from 'node:http';
import type { PreparedReply } from './faults.ts';
import type { StoredVersion } from './objects.ts';

/** An S3 error; a reply without a body still has its `headers`. */
export class S3Rejection extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string>;

  constructor(status: number, code: string, message: string, headers = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** Returns S3's XML for an error; a HEAD receives no body. */
export function rejectionReply(rejection: S3Rejection, method: string): PreparedReply {
  const region = rejection.headers['x-amz-bucket-region'];
  const xml = [
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error>',
    `<Code>${rejection.code}</Code><Message>${escaped(rejection.message)}</Message>`,
    region ? `<Region>${region}</Region>` : '',
    '<RequestId>DOUBLE0000000000</RequestId></Error>',
  ].join('');
  return {
    status: rejection.status,
    headers: { ...rejection.headers, 'content-type': 'application/xml' },
    body: method === 'HEAD' ? [] : [Buffer.from(xml)],
  };
}

const archiveClasses = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/** Throws S3's error for an existing object: SSE-C, an archive, another ETag. */
export function assertReadable(version: StoredVersion, request: IncomingMessage): void {
  const { headers, method } = request;
  if (version.customerEncrypted && !headers['x-amz-server-side-encryption-customer-algorithm']) {
    throw new S3Rejection(
      400,
      'InvalidRequest',
      'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
    );
  }
  const ifMatch = headers['if-match'];
  if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== `"${version.etag}"`) {
    const message = 'At least one of the pre-conditions you specified did not hold';
    throw new S3Rejection(412, 'PreconditionFailed', message);
  }
  const archived = version.archiveStatus ?? version.storageClass ?? '';
  const isArchived = version.archiveStatus !== undefined || archiveClasses.has(archived);
  if (method === 'GET' && isArchived && !version.restore?.includes('="false"')) {
    const message = "The operation is not valid for the object's storage class";
    throw new S3Rejection(403, 'InvalidObjectState', message);
  }
}

/** Returns the whole object or the requested range, with S3's headers. */
export async function objectReply(
  version: StoredVersion,
  request: IncomingMessage,
  isVersioned: boolean,
  ignoresRange: boolean,
): Promise<PreparedReply> {
  const content = version.content;
  if (!content) throw new Error('a delete marker has no bytes');
  const range = ignoresRange ? undefined : rangeOf(request.headers.range, content.sizeBytes);
  const { start, end } = range ?? { start: 0, end: content.sizeBytes };
  const headers = {
    ...describing(version, isVersioned),
    ...(await checksumHeaders(version, request, range !== undefined)),
    'content-length': String(end - start),
    ...partHeaders(version, request),
    ...(range && { 'content-range': `bytes ${start}-${end - 1}/${content.sizeBytes}` }),
  };
  return {
    status: range ? 206 : 200,
    headers,
    body: request.method === 'HEAD' ? [] : content.pieces(start, end),
  };
}

function describing(version: StoredVersion, isVersioned: boolean): Record<string, string> {
  return {
    etag: `"${version.etag}"`,
    'accept-ranges': 'bytes',
    'last-modified': 'Sat, 21 Nov 2026 00:00:00 GMT',
    'content-type': version.contentType ?? 'binary/octet-stream',
    ...(isVersioned && { 'x-amz-version-id': version.versionId }),
    ...(version.storageClass && { 'x-amz-storage-class': version.storageClass }),
    ...(version.archiveStatus && { 'x-amz-archive-status': version.archiveStatus }),
    ...(version.encryption && { 'x-amz-server-side-encryption': version.encryption }),
    ...(version.restore && { 'x-amz-restore': version.restore }),
    ...(version.contentEncoding !== undefined && { 'content-encoding': version.contentEncoding }),
    ...(version.kmsKey && {
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': version.kmsKey,
    }),
  };
}

/** Returns the headers of one part's HEAD; S3 counts the parts only there. */
function partHeaders({ partBytes }: StoredVersion, { url = '', method }: IncomingMessage) {
  const part = new URL(url, 'http://s3').searchParams.get('partNumber');
  if (method !== 'HEAD' || part === null || !partBytes) return {};
  const size = partBytes[Number(part) - 1] ?? 0;
  return { 'content-length': String(size), 'x-amz-mp-parts-count': String(partBytes.length) };
}

/** Returns the checksum of a whole object on request; S3 returns none for a range that is not one part. */
async function checksumHeaders(
  version: StoredVersion,
  request: IncomingMessage,
  isRange: boolean,
): Promise<Record<string, string>> {
  const { checksum } = version;
  if (!checksum || isRange || request.headers['x-amz-checksum-mode'] !== 'ENABLED') return {};
  return {
    [`x-amz-checksum-${checksum.algorithm.toLowerCase()}`]: await version.checksumValue(),
    'x-amz-checksum-type': checksum.type ?? 'FULL_OBJECT',
  };
}

/** Returns the requested range from `start` to `end` (exclusive); undefined without a range. */
function rangeOf(
  header: string | undefined,
  sizeBytes: number,
): { start: number; end: number } | undefined {
  if (header === undefined) return undefined;
  const match = /^bytes=(\d+)-(\d*)$/.exec(header);
  if (!match)
    throw new S3Rejection(
      501,
      'NotImplemented',
      `the double does not support the range "${header}"`,
    );
  const start = Number(match[1]);
  const last = match[2] === '' ? sizeBytes - 1 : Math.min(Number(match[2]), sizeBytes - 1);
  if (start >= sizeBytes || last < start) {
    throw new S3Rejection(416, 'InvalidRange', 'The requested range is not satisfiable', {
      'content-range': `bytes */${sizeBytes}`,
    });
  }
  return { start, end: last + 1 };
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}
