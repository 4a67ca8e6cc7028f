import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { assertClock, type DenialReason, Denials, denied } from './denials.ts';
import {
  applyFault,
  FaultPlan,
  type FaultScope,
  type PreparedReply,
  type S3Fault,
  sendFaulty,
} from './faults.ts';
import { ObjectStore, ownRegion, type StoredBucket, type StoredVersion } from './objects.ts';
import { assertReadable, objectReply, rejectionReply, S3Rejection } from './replies.ts';
import { signatureFault } from './signature.ts';
import { type Target, targetOf } from './target.ts';

export interface S3DoubleOptions {
  /** Buckets without versioning. */
  readonly buckets?: readonly string[];
  readonly versionedBuckets?: readonly string[];
  /** Default: a free port. */
  readonly port?: number;
  /** The secret for checking every signature. Default: only the signature's form is checked. */
  readonly secretAccessKey?: string;
  /** Replies 403 for a missing key, as S3 does for a role without s3:ListBucket. */
  readonly hidesMissing?: boolean;
}

/** One request and its reply; `status` is 0 without a reply. */
export interface S3Call {
  readonly method: string;
  readonly bucket: string;
  /** As UTF-8. */
  readonly key: string;
  readonly versionId: string | undefined;
  readonly range: string | undefined;
  readonly ifMatch: string | undefined;
  readonly requestPayer: string | undefined;
  status: number;
}

const knownQueries = new Set(['partNumber', 'versionId', 'x-id']);

/** Starts the double on 127.0.0.1; all its state is in memory. */
export async function startS3Double(options: S3DoubleOptions = {}): Promise<S3Double> {
  const double = new S3Double(options);
  for (const name of options.buckets ?? []) double.createBucket(name);
  for (const name of options.versionedBuckets ?? []) double.createBucket(name, { versioned: true });
  await double.listen(options.port ?? 0);
  return double;
}

/**
 * A strict S3 for reading, in process: path-style GET and HEAD by wire protocol. Tests put objects with
 * its methods. It stores versions, checks If-Match, decodes the raw path and normalises nothing. s3rver
 * can do none of that, so it serves local runs only.
 */
export class S3Double extends ObjectStore {
  /** Every request, in order. */
  readonly calls: S3Call[] = [];
  /** `http://127.0.0.1:port`, for AWS_ENDPOINT_URL_S3. */
  endpoint = '';
  /** The offset of its clock from the machine's, in ms. */
  clockAheadMs = 0;
  readonly #options: S3DoubleOptions;
  readonly #faults = new FaultPlan();
  readonly #denials = new Denials();
  readonly #server: Server;
  #openReplies = 0;

  constructor(options: S3DoubleOptions) {
    super();
    this.#options = options;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((up) => this.#server.listen(port, '127.0.0.1', up));
    this.endpoint = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  count(method: 'GET' | 'HEAD', key?: string): number {
    const matches = (call: S3Call) =>
      call.method === method && (key === undefined || call.key === key);
    return this.calls.filter(matches).length;
  }

  /** The GETs of chunks, without the GETs of only the first byte, which check an object. */
  chunkReads(): number {
    return this.calls.filter(({ method, range }) => method === 'GET' && range !== 'bytes=0-0')
      .length;
  }

  /** The replies that are still being sent. */
  openReplies(): number {
    return this.#openReplies;
  }

  /** Denies an existing or missing key to a role: by policy, or by its encryption key. */
  deny(bucket: string, key: string, reason: DenialReason = 'policy', role = 'reader'): void {
    this.#denials.deny(bucket, key, reason, role);
  }

  allow(bucket: string, key: string): void {
    this.#denials.allow(bucket, key);
  }

  /** Plans a fault for coming requests. */
  fail(fault: S3Fault, scope: FaultScope = {}): void {
    this.#faults.add(fault, scope);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.#openReplies += 1;
    response.once('close', () => {
      this.#openReplies -= 1;
    });
    // Tests close clients in the middle of a reply; that is not a failure of the double.
    this.#reply(request, response).catch(() => response.destroy());
  }

  async #reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = targetOf(request);
    const call = this.#record(request, target);
    const fault = this.#faults.next(call.method, call.key);
    const reply = applyFault(await this.#prepare(request, target, fault), fault);
    if (fault && 'afterBytes' in fault) return sendFaulty(response, reply, fault);
    call.status = reply.status;
    const date = new Date(Date.now() + this.clockAheadMs).toUTCString();
    response.writeHead(reply.status, { ...reply.headers, date });
    await pipeline(Readable.from(reply.body, { objectMode: true }), response);
  }

  #record({ method = '', headers }: IncomingMessage, target: Target): S3Call {
    const call: S3Call = {
      method,
      bucket: target.bucket,
      key: Buffer.from(target.key, 'latin1').toString('utf8'),
      versionId: target.query.get('versionId') ?? undefined,
      range: headers.range,
      ifMatch: headers['if-match'],
      requestPayer: textOf(headers['x-amz-request-payer']),
      status: 0,
    };
    this.calls.push(call);
    return call;
  }

  async #prepare(
    request: IncomingMessage,
    target: Target,
    fault: S3Fault | undefined,
  ): Promise<PreparedReply> {
    try {
      if (fault?.kind === 'error') {
        const { status, code, message = 'Please reduce your request rate.' } = fault;
        throw new S3Rejection(status, code, message);
      }
      this.#assertSupported(request, target);
      const bucket = this.#bucketOf(target);
      if (bucket.isRequesterPays && request.headers['x-amz-request-payer'] !== 'requester') {
        throw new S3Rejection(403, 'AccessDenied', 'Access Denied');
      }
      this.#denials.check(target.bucket, target.key, request);
      const version = this.#versionOf(bucket, target);
      assertReadable(version, request);
      const ignoresRange = fault?.kind === 'ignore-range';
      const isVersioned = bucket.versioning !== 'never';
      return await objectReply(version, request, isVersioned, ignoresRange);
    } catch (rejection) {
      if (rejection instanceof S3Rejection) return rejectionReply(rejection, request.method ?? '');
      throw rejection;
    }
  }

  #assertSupported(request: IncomingMessage, { query }: Target): void {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new S3Rejection(501, 'NotImplemented', `the double does not support ${request.method}`);
    }
    const unknown = [...query.keys()].filter((name) => !knownQueries.has(name));
    if (unknown.length > 0) throw new S3Rejection(501, 'NotImplemented', `query: ${unknown}`);
    const fault = signatureFault(request, this.#options.secretAccessKey);
    if (fault) throw new S3Rejection(403, fault, 'The signature is missing or does not match.');
    assertClock(request, Date.now() + this.clockAheadMs);
  }

  #bucketOf({ bucket }: Target): StoredBucket {
    const stored = this.buckets.get(bucket);
    if (!stored) throw new S3Rejection(404, 'NoSuchBucket', 'The specified bucket does not exist');
    if (stored.region !== ownRegion) {
      throw new S3Rejection(301, 'PermanentRedirect', 'Use the endpoint of the bucket.', {
        'x-amz-bucket-region': stored.region,
      });
    }
    return stored;
  }

  #versionOf(bucket: StoredBucket, target: Target): StoredVersion {
    const versions = bucket.objects.get(target.key) ?? [];
    const wanted = target.query.get('versionId');
    if (wanted === null) return this.#current(versions.at(-1), bucket);
    if (wanted !== 'null' && !wanted.startsWith('version.')) {
      throw new S3Rejection(400, 'InvalidArgument', 'Invalid version id specified');
    }
    const version = versions.find((one) => one.versionId === wanted);
    if (!version) throw new S3Rejection(404, 'NoSuchVersion', 'The version does not exist.');
    if (!version.content) {
      throw new S3Rejection(405, 'MethodNotAllowed', 'The method is not allowed', {
        'x-amz-delete-marker': 'true',
      });
    }
    return version;
  }

  #current(latest: StoredVersion | undefined, { versioning }: StoredBucket): StoredVersion {
    if (latest?.content) return latest;
    if (this.#options.hidesMissing) throw denied('s3:ListBucket', 'reader');
    throw new S3Rejection(404, 'NoSuchKey', 'The specified key does not exist.', {
      ...(latest && versioning !== 'never' && { 'x-amz-delete-marker': 'true' }),
    });
  }
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join() : header;
}
