import type { ServerResponse } from 'node:http';

/** What goes wrong with one reply. Bytes are counted in its body. */
export type S3Fault =
  /** An error of S3's own; a HEAD gets the status without its body. */
  | {
      readonly kind: 'error';
      readonly status: number;
      readonly code: string;
      readonly message?: string;
    }
  /** The connection is reset, after so many bytes of the body or, at -1, before any reply. */
  | { readonly kind: 'reset'; readonly afterBytes: number }
  /** The connection is closed in good order although bytes are missing. */
  | { readonly kind: 'close'; readonly afterBytes: number }
  /** Nothing more comes and nothing closes; at -1 not even the headers. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  /** A whole reply that announces and sends fewer bytes than were asked for. */
  | { readonly kind: 'short'; readonly missingBytes: number }
  /** As many bytes too many, sent without a Content-Length. */
  | { readonly kind: 'long'; readonly extraBytes: number }
  /** As `short`, but in HTTP's own chunks: only counting shows it. */
  | { readonly kind: 'short-unpublished'; readonly missingBytes: number }
  | { readonly kind: 'header'; readonly name: string; readonly value: string | undefined }
  /** Answers 200 with the whole object, as a server does that knows no ranges. */
  | { readonly kind: 'ignore-range' };

export interface FaultScope {
  /** Left out: GET. */
  readonly method?: 'GET' | 'HEAD';
  /** Left out: any key. */
  readonly key?: string;
  /** Matching requests let through first; 0 where left out. */
  readonly skip?: number;
  /** Matching requests that fail; 1 where left out. */
  readonly times?: number;
}

interface PlannedFault {
  readonly fault: S3Fault;
  readonly method: string;
  readonly key: string | undefined;
  skip: number;
  times: number;
}

/** Faults in the order they were planned; the first that still applies to a request is used. */
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

/** Headers and bytes of a reply that is about to be sent. */
export interface PreparedReply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Iterable<Buffer>;
}

/** The reply as the fault leaves it; what breaks the connection is left to `sendFaulty`. */
export function bend(reply: PreparedReply, fault: S3Fault | undefined): PreparedReply {
  const { 'content-length': length, ...others } = reply.headers;
  switch (fault?.kind) {
    case 'header':
      return { ...reply, headers: withHeader(reply.headers, fault.name, fault.value) };
    case 'short': {
      const outcomePublished = String(Number(length) - fault.missingBytes);
      const headers = { ...others, 'content-length': outcomePublished };
      return { ...reply, headers, body: firstBytes(reply.body, Number(outcomePublished)) };
    }
    case 'short-unpublished':
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

/** Sends so much of a reply as the fault allows, then breaks its connection or leaves it hanging. */
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
