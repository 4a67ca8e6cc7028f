import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import { escaped, pathAndQuery, type SdkRequest } from './undici-request-handler.ts';

export interface SigningCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** The fields in which a request differs from its template. Header names are in lower case. */
export interface RequestChange {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The parts of a signature that all requests of a template share. */
interface SigningScope {
  readonly region: string;
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** Names of the signed headers, sorted, without the token's. */
  readonly names: readonly string[];
}

const tokenHeader = 'x-amz-security-token';

/** Headers of one request only. The first four are set again; the last two count the tries of the SDK. */
const headersOfOne: ReadonlySet<string> = new Set([
  'authorization',
  'x-amz-date',
  tokenHeader,
  'x-amz-content-sha256',
  'content-length',
  'amz-sdk-invocation-id',
  'amz-sdk-request',
]);

/** The signature of one Region by an account's key. Others, as of several Regions, have no template. */
const signedByKey =
  /^AWS4-HMAC-SHA256 Credential=[^/,]+\/\d{8}\/([^/,]+)\/([^/,]+)\/aws4_request, SignedHeaders=([^,]+), /;

/** The token of a directory bucket, which the SDK renews by itself. */
const sessionHeader = 'x-amz-s3session-token';

const traceHeader = 'x-amzn-trace-id';

/**
 * A request that the SDK has built and signed, for requests that differ in some headers or in the body.
 * It signs them with Signature Version 4 (AWS Identity and Access Management User Guide, "Create a signed
 * AWS API request"). The SDK's signer takes six times the CPU time, as it derives more for each request.
 */
export class RequestTemplate {
  readonly #request: SdkRequest;
  readonly #scope: SigningScope;
  #key: { readonly id: string; readonly value: KeyObject } | undefined;

  private constructor(request: SdkRequest, scope: SigningScope) {
    this.#request = request;
    this.#scope = scope;
  }

  /** Returns the template of a signed request; undefined if the SDK must sign each such request. */
  static of(request: SdkRequest): RequestTemplate | undefined {
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const scope = scopeOf({ ...request, headers });
    if (!scope || sessionHeader in headers) return undefined;
    const kept = Object.entries(headers).filter(([name]) => !headersOfOne.has(name));
    const path = pathAndQuery(request);
    const { protocol, hostname, port, method } = request;
    const shared = { protocol, hostname, port, method, path, headers: Object.fromEntries(kept) };
    return new RequestTemplate(shared, scope);
  }

  /** Returns a signed request. In Lambda, its trace is that of the present invocation. */
  sign({ headers = {}, body }: RequestChange, by: SigningCredentials, date: Date): SdkRequest {
    const time = date.toISOString().replace(/[-:]|\.\d+/g, '');
    const payload = hash('sha256', body ?? '', 'hex');
    const { _X_AMZN_TRACE_ID: trace } = process.env;
    const all: Record<string, string> = {
      ...this.#request.headers,
      ...(trace && traceHeader in this.#request.headers && { [traceHeader]: trace }),
      ...headers,
      ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      ...(by.sessionToken && { [tokenHeader]: by.sessionToken }),
      'x-amz-date': time,
      'x-amz-content-sha256': payload,
    };
    all.authorization = this.#authorization(all, payload, by);
    return { ...this.#request, headers: all, body };
  }

  #authorization(
    headers: Readonly<Record<string, string>>,
    payload: string,
    { accessKeyId, secretAccessKey, sessionToken }: SigningCredentials,
  ): string {
    const { region, service, method, path, query, ...scope } = this.#scope;
    const names = sessionToken ? [...scope.names, tokenHeader].sort() : scope.names;
    const lines = names.map((name) => `${name}:${headers[name]?.trim().replace(/\s+/g, ' ')}\n`);
    const canonical = `${method}\n${path}\n${query}\n${lines.join('')}\n${names.join(';')}\n${payload}`;
    const time = headers['x-amz-date'] ?? '';
    const place = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
    const text = `AWS4-HMAC-SHA256\n${time}\n${place}\n${hash('sha256', canonical, 'hex')}`;
    const key = this.#keyFor(secretAccessKey, place);
    const signature = createHmac('sha256', key).update(text).digest('hex');
    return `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${place}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  }

  /** Derives the key once for each day and secret. */
  #keyFor(secret: string, place: string): KeyObject {
    const id = `${place} ${secret}`;
    if (this.#key?.id === id) return this.#key.value;
    const derived = place
      .split('/')
      .reduce<string | Buffer>(
        (last, part) => createHmac('sha256', last).update(part).digest(),
        `AWS4${secret}`,
      );
    const value = createSecretKey(derived as Buffer);
    this.#key = { id, value };
    return value;
  }
}

function scopeOf({ headers, method, path, query = {} }: SdkRequest): SigningScope | undefined {
  const [, region, service, signed] = signedByKey.exec(headers.authorization ?? '') ?? [];
  if (!region || !service || !signed) return undefined;
  // Other services than S3 sign an escaped path, and only this path stays the same.
  if (service !== 's3' && path !== '/') return undefined;
  if (Object.values(query).some((value) => typeof value !== 'string')) return undefined;
  const isSet = (name: string) => name === 'x-amz-date' || name === 'x-amz-content-sha256';
  const names = signed
    .split(';')
    .filter((name) => isSet(name) || name === 'content-length' || !headersOfOne.has(name));
  return { region, service, method, path, query: canonicalQuery(query), names };
}

/** Returns the query sorted by name, as a signature has it. */
function canonicalQuery(query: NonNullable<SdkRequest['query']>): string {
  return Object.entries(query)
    .map(([name, value]) => `${escaped(name)}=${escaped(String(value))}`)
    .sort()
    .join('&');
}
