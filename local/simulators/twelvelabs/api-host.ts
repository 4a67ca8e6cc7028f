import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ApiOperation, apiOperations, findOperation } from './api-operations.ts';
import { befall, type ErrorWording, earlyEnd, faultReply, holdBack } from './befall.ts';
import type { CallRecord } from './call-log.ts';
import type { Fault } from './faults.ts';
import type { Parts } from './parts.ts';
import { RateWindow } from './rate-window.ts';
import { ApiRefusal, apiError, cutReply, jsonReply, type Reply, sendReply } from './replies.ts';
import type { Mishap } from './reports.ts';
import { chunksNamed } from './requests.ts';

/** Far above any request of this API: a report of 50 chunks is 8 KiB. */
const maxBodyBytes = 1024 * 1024;

interface Arrived {
  readonly operation: ApiOperation;
  readonly query: URLSearchParams;
  /** Parsed JSON; undefined where there was none. */
  readonly body: unknown;
  readonly record: CallRecord;
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request.setEncoding('utf8')) {
    text += piece;
    if (text.length > maxBodyBytes) throw new Error(`a body of over ${maxBodyBytes} bytes`);
  }
  return text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function arrive(parts: Parts, request: IncomingMessage): Promise<Arrived> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const found = findOperation(request.method ?? '', url.pathname);
  const text = await readText(request);
  const body = parseJson(text);
  const record = parts.calls.begin({
    ...found,
    chunks: chunksNamed(body),
    bearsApiKey: request.headers['x-api-key'] !== undefined,
    at: parts.clock.now(),
    bytes: Buffer.byteLength(text),
    status: 0,
  });
  return { operation: found.operation, query: url.searchParams, body, record };
}

function authenticate(parts: Parts, request: IncomingMessage): void {
  if (parts.switches.requireUserAgent && request.headers['user-agent'] === undefined) {
    throw new ApiRefusal(403, 'forbidden', 'The request has no User-Agent.');
  }
  if (request.headers['x-api-key'] === parts.apiKey) return;
  const text = 'The API key is invalid or has expired. Check it in your dashboard.';
  throw new ApiRefusal(401, 'api_key_invalid', text);
}

function faultOf(fault: Fault | undefined): Mishap {
  return (index) => {
    if (fault?.chunk !== undefined && fault.chunk !== index) return undefined;
    if (fault?.kind === 'unheard') return 'unheard';
    if (fault?.kind !== 'fail-chunk') return undefined;
    return fault.chunks === undefined || fault.chunks.includes(index) ? fault : undefined;
  };
}

function perform(parts: Parts, arrived: Arrived, fault: Fault | undefined): Reply {
  const { operation, query, body, record } = arrived;
  return apiOperations[operation](parts, {
    uploadId: record.uploadId ?? '',
    assetId: record.assetId ?? '',
    query,
    body,
    fault: faultOf(fault),
  });
}

function replyOf(operation: () => Reply): Reply {
  try {
    return operation();
  } catch (error) {
    if (error instanceof ApiRefusal) return error.reply;
    throw error;
  }
}

const usualCodes: Readonly<Record<number, string>> = {
  401: 'api_key_invalid',
  403: 'api_not_allowed',
  404: 'resource_not_exist',
  429: 'too_many_requests',
};

const wording: ErrorWording = (status, code, message) => {
  const usual =
    usualCodes[status] ?? (status < 500 ? 'parameter_invalid' : 'internal_server_error');
  return apiError(status, code ?? usual, message);
};

/** Sends what a request came to, or what a fault leaves of it. */
function deliver(
  response: ServerResponse,
  record: CallRecord,
  reply: Reply,
  fault: Fault | undefined,
): void {
  if (fault?.kind === 'lost-reply') {
    response.socket?.destroy();
    return;
  }
  record.status = reply.status;
  if (fault?.kind === 'reset-mid-body') {
    cutReply(response, reply, fault.afterBytes);
  } else if (fault?.kind === 'altered-reply') {
    sendReply(response, jsonReply(reply.status, fault.alter(JSON.parse(reply.body))));
  } else {
    sendReply(response, reply);
  }
}

/** The API's door: takes a request apart, lets a fault befall it, checks key and rate, does it. */
export function apiListener(parts: Parts) {
  const rate = new RateWindow(parts.clock, parts.switches);
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const arrived = await arrive(parts, request);
    const { record } = arrived;
    const fault = await befall(parts, record, response);
    const end = earlyEnd(fault, wording);
    if (end === 'reset') request.socket.resetAndDestroy();
    if (end === 'reset' || end === 'stall') return;
    const reply =
      end ??
      replyOf(() => {
        authenticate(parts, request);
        return rate.refusal() ?? perform(parts, arrived, fault);
      });
    if (!(await holdBack(parts, fault, response))) return;
    deliver(response, record, end ?? faultReply(fault, wording) ?? reply, fault);
    record.endedAt = parts.clock.now();
  };
}
