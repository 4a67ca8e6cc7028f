import type { ServerResponse } from 'node:http';

/** The fault of one reply. Bytes count from the start of its body. */
export type S3Fault =
  /** An S3 error; a HEAD receives only its status. */
  | {
      readonly kind: 'error';
      readonly status: number;
      readonly code: string;
      readonly message?: string;
    }
  /** Resets the connection after this many bytes of the body or, at -1, before any reply. */
  | { readonly kind: 'reset'; readonly afterBytes: number }
  /** Closes the connection in order although bytes are missing. */
  | { readonly kind: 'close'; readonly afterBytes: number }
  /** Sends nothing more and does not close; at -1 not even headers. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  /** Sends a complete reply with a shorter length than requested. */
  | { readonly kind: 'short'; readonly missingBytes: number }
  /** Sends this many extra bytes, without a Content-Length. */
  | { readonly kind: 'long'; readonly extraBytes: number }
  /** Like `short`, but in HTTP's own chunks: only counting detects it. */
  | { readonly kind: 'short-chunked'; readonly missingBytes: number }
  | { readonly kind: 'header'; readonly name: string; readonly value: string | undefined }
  /** Replies 200 with the whole object, like a server without ranges. */
  | { readonly kind: 'ignore-range' };

export interface FaultScope {
  /** Default: GET. */
  readonly method?: 'GET' | 'HEAD';
  /** Default: any key. */
  readonly key?: string;
  /** Matching requests without a fault at first. Default: 0. */
  readonly skip?: number;
  /** Matching requests that fail. Default: 1. */
  readonly times?: number;
}

interface PlannedFault {
  readonly fault: S3Fault;
  readonly method: string;
  readonly key: string | undefined;
  skip: number;
  times: number;
}

/** Faults in the order of their planning; the first that still matches a request applies. */
export class FaultPlan {
  #planned: PlannedFault[] = [];

  add(fault: S3Fault, { method = 'GET', key, skip = 0, times = 1 }: FaultScope): void {
    this.#planned.push({ fault, method, key, skip, times });
  }

  clear(): void {
    this.#planned = [];
  }

  next(method: string, key: string): S3Fault | undefined {
    const applies = (one: PlannedFault) =>
      one.times > 0 && one.method === method && (one.key === undefined || one.key === key);
    const planned = this.#planned.find(applies);
    if (!planned) return undefined;
    if (planned.skip > 0) {
      planned.skip -= 1;
      return undefined;
    }
    planned.times -= 1;
    return planned.fault;
  }
}

/** The headers and the bytes of a reply before it is sent. */
export interface PreparedReply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Iterable<Buffer>;
}

/** Changes the reply by the fault; `sendFaulty` breaks the connection. */
export function applyFault(reply: PreparedReply, fault: S3Fault | undefined): PreparedReply {
  const { 'content-length': length, ...others } = reply.headers;
  switch (fault?.kind) {
    case 'header':
      return { ...reply, headers: withHeader(reply.headers, fault.name, fault.value) };
    case 'short': {
      const shortLength = String(Number(length) - fault.missingBytes);
      const headers = { ...others, 'content-length': shortLength };
      return { ...reply, headers, body: firstBytes(reply.body, Number(shortLength)) };
    }
    case 'short-chunked':
      return {
        ...reply,
        headers: others,
        body: firstBytes(reply.body, Number(length) - fault.missingBytes),
      };
    case 'long':
      return { ...reply, headers: others, body: withTail(reply.body, fault.extraBytes) };
    default:
      return reply;
  }
}

/** Sends the part of a reply that the fault allows, then breaks the connection or leaves it open. */
export async function sendFaulty(
  response: ServerResponse,
  reply: PreparedReply,
  fault: Extract<S3Fault, { afterBytes: number }>,
): Promise<void> {
  const socket = response.socket;
  if (fault.afterBytes >= 0) {
    response.writeHead(reply.status, reply.headers);
    response.flushHeaders();
    for (const piece of firstBytes(reply.body, fault.afterBytes)) {
      await new Promise<void>((sent) => response.write(piece, () => sent()));
    }
  }
  if (fault.kind === 'reset') socket?.resetAndDestroy();
  if (fault.kind === 'close') socket?.end();
}

function withHeader(
  headers: Record<string, string>,
  name: string,
  value: string | undefined,
): Record<string, string> {
  const { [name]: _, ...others } = headers;
  return value === undefined ? others : { ...others, [name]: value };
}

function* firstBytes(body: Iterable<Buffer>, count: number): Generator<Buffer> {
  let left = count;
  for (const piece of body) {
    if (left <= 0) return;
    yield piece.subarray(0, left);
    left -= piece.length;
  }
}

function* withTail(body: Iterable<Buffer>, extraBytes: number): Generator<Buffer> {
  yield* body;
  yield Buffer.alloc(extraBytes, 0x2a);
}
