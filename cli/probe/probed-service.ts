import type { HttpReply, Transport } from '#src/core/ports/transport.ts';
import { CommandError } from '../command-error.ts';
import { sentence } from '../describe-error.ts';

/** A reply of the service, with its JSON. */
export interface ProbeReply {
  readonly status: number;
  readonly headers: HttpReply['headers'];
  /** Undefined if the body is no JSON object. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

/** The service under probe. It repeats no call and follows no redirect. */
export interface ProbedService {
  call(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<ProbeReply>;
  /** Sends bytes to a presigned URL, without the key. */
  put(url: string, headers: Readonly<Record<string, string>>, bytes: Buffer): Promise<ProbeReply>;
  /** Headers of all replies so far that look like limits, by name. */
  readonly limits: ReadonlyMap<string, string>;
}

const limitHeader = /rate-?limit|retry-after|quota/i;

/** A chunk of some megabytes on a slow line takes this long, in ms. */
const replyTimeoutMs = 120_000;

/** Opens the service of a key. */
export function openProbedService(
  transport: Transport,
  { baseUrl, key, signal }: { baseUrl: string; key: string; signal: AbortSignal },
): ProbedService {
  const limits = new Map<string, string>();
  const read = (reply: HttpReply): ProbeReply => {
    for (const [name, value] of Object.entries(reply.headers))
      if (limitHeader.test(name) && value !== undefined) limits.set(name, value);
    return { status: reply.status, headers: reply.headers, json: jsonOf(reply.text) };
  };
  return {
    limits,
    async call(method, path, body) {
      const headers = {
        'x-api-key': key,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      };
      const request = { method, url: `${baseUrl}${path}`, headers, signal };
      const text = body === undefined ? {} : { body: JSON.stringify(body) };
      return read(await transport.send({ ...request, ...text }));
    },
    async put(url, headers, bytes) {
      const length = { 'content-length': String(bytes.length) };
      const sent = { method: 'PUT', url, headers: { ...headers, ...length }, signal } as const;
      const body = (async function* () {
        yield bytes;
      })();
      return read(await transport.send({ ...sent, body, replyTimeoutMs, bodyIsOptional: true }));
    },
  };
}

function jsonOf(text: string): ProbeReply['json'] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Returns the reply if it is a success.
 * @throws CommandError - names the call and the status
 */
export function successOf(reply: ProbeReply, call: string): ProbeReply {
  if (isSuccess(reply)) return reply;
  const { status, json } = reply;
  const message = typeof json?.message === 'string' ? `: ${json.message.slice(0, 200)}` : '';
  const ending = status === 401 ? 'credentials' : status === 403 ? 'denied' : 'failed';
  const step =
    status === 401 || status === 403
      ? 'Check the API key, and that it may upload.'
      : 'Run the probe again later.';
  const problem = `The probe could not go on: ${call} was answered ${status}${message}`;
  throw new CommandError(ending, `${sentence(problem)} ${step}`);
}

/** Returns whether the status is 2xx. */
export function isSuccess({ status }: Pick<ProbeReply, 'status'>): boolean {
  return status >= 200 && status < 300;
}
