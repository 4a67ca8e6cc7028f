import type { Clock } from '#src/core/ports/clock.ts';
import type { CallOptions, UploadSession } from '#src/core/transfer/destination.ts';
import { splitUrl } from '#src/http/request-target.ts';
import type { ApiClient, Operation } from '#src/service-api/api-client.ts';
import { serviceError } from '#src/service-api/replies.ts';
import { checkUploadHeaders } from '#src/service-api/upload-headers.ts';
import { service } from './error-replies.ts';
import { urlMarginMs } from './limits.ts';
import { sessionPath } from './paths.ts';
import { partReply, readReply } from './wire.ts';

const operation: Operation = { name: 'asking for the URL of a part', onSession: true };

/** How one part is sent, as the service's reply names it. The URL is a secret. */
export interface PartUrl {
  readonly method: 'PUT' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly successCodes: readonly number[];
  /** The headers of the storage's reply that a report contains. */
  readonly reportHeaders: readonly string[];
  /** Milliseconds since 1970, by the service's clock. */
  readonly expiresAt?: number | undefined;
}

export interface UrlPorts {
  readonly client: ApiClient;
  readonly allowInsecureUploads: boolean;
}

/**
 * Fetches the URL of one part.
 * @throws SessionExpiredError, ThrottledError, ServiceUnavailableError
 * @throws ProtocolViolationError - another method than PUT or POST, or a URL that is not https
 */
export async function fetchPartUrl(
  ports: UrlPorts,
  session: UploadSession,
  index: number,
  { signal }: CallOptions,
): Promise<PartUrl> {
  const path = `${sessionPath(session)}/part/${index}`;
  const reply = await ports.client.ask({ operation, method: 'GET', path, signal });
  const part = readReply(partReply, reply, operation.name);
  return {
    method: checkMethod(part.method),
    url: checkScheme(part.url, ports.allowInsecureUploads),
    headers: checkUploadHeaders(part.headers, service),
    successCodes: part.success_codes ?? part.report?.success_codes ?? [200],
    reportHeaders: part.report?.headers ?? ['ETag'],
    expiresAt: part.expires,
  };
}

function checkMethod(method: string): 'PUT' | 'POST' {
  if (method === 'PUT' || method === 'POST') return method;
  throw serviceError(
    'ProtocolViolationError',
    `Invalid method from Seven Bridges for a part, ${JSON.stringify(method.slice(0, 20))}: must be PUT or POST.`,
  );
}

function checkScheme(url: string, allowInsecureUploads: boolean): string {
  const { origin, host } = splitUrl(url);
  if (allowInsecureUploads || origin.startsWith('https:')) return url;
  throw serviceError(
    'ProtocolViolationError',
    `Invalid URL from Seven Bridges for a part, host "${host}": must be https.`,
  );
}

/** URLs that were fetched just before their use, in memory only. Each is used at most once. */
export interface UrlStock {
  put(uploadId: string, index: number, url: PartUrl): void;
  /** Removes and returns the URL of a part, unless it is about to expire. */
  take(uploadId: string, index: number): PartUrl | undefined;
}

/** The most stored URLs; the oldest are dropped first. */
const maxStored = 1_000;

export function createUrlStock(clock: Clock): UrlStock {
  const stored = new Map<string, PartUrl>();
  const keyOf = (uploadId: string, index: number) => `${index}#${uploadId}`;
  return {
    put: (uploadId, index, url) => {
      stored.delete(keyOf(uploadId, index));
      stored.set(keyOf(uploadId, index), url);
      for (const oldest of stored.keys()) if (stored.size > maxStored) stored.delete(oldest);
    },
    take: (uploadId, index) => {
      const url = stored.get(keyOf(uploadId, index));
      stored.delete(keyOf(uploadId, index));
      const { expiresAt = Number.POSITIVE_INFINITY } = url ?? {};
      return expiresAt - urlMarginMs > clock.now() ? url : undefined;
    },
  };
}
