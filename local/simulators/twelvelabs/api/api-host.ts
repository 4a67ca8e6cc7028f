import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  applyFault,
  delayReply,
  type ErrorFormat,
  earlyEndOf,
  faultReply,
} from '../faults/apply-fault.ts';
import type { Fault } from '../faults/faults.ts';
import type { SimulatorContext } from '../storage/context.ts';
import type { CallRecord } from '../wire/call-log.ts';
import {
  ApiRejection,
  apiError,
  cutReply,
  jsonReply,
  type Reply,
  sendReply,
} from '../wire/replies.ts';
import { chunksIn } from '../wire/requests.ts';
import { type ApiOperation, apiOperations, findOperation } from './operations.ts';
import { RateWindow } from './rate-window.ts';
import type { ChunkFault } from './reports.ts';

/** Far above any request of this API: a report of 50 chunks is 8 KiB. */
const maxBodyBytes = 1024 * 1024;

interface ReceivedRequest {
  readonly operation: ApiOperation;
  readonly query: URLSearchParams;
  /** Parsed JSON; undefined if the body is empty or invalid. */
  readonly body: unknown;
  readonly record: CallRecord;
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request.setEncoding('utf8')) {
    text += piece;
    if (text.length > maxBodyBytes)
      throw new Error(`The body has more than ${maxBodyBytes} bytes.`);
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

async function receive(
  context: SimulatorContext,
  request: IncomingMessage,
): Promise<ReceivedRequest> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const found = findOperation(request.method ?? '', url.pathname);
  const text = await readText(request);
  const body = parseJson(text);
  const record = context.calls.begin({
    ...found,
    chunks: chunksIn(body),
    hasApiKey: request.headers['x-api-key'] !== undefined,
    at: context.clock.now(),
    bytes: Buffer.byteLength(text),
    status: 0,
  });
  return { operation: found.operation, query: url.searchParams, body, record };
}

function authenticate(context: SimulatorContext, request: IncomingMessage): void {
  if (context.switches.requireUserAgent && request.headers['user-agent'] === undefined) {
    throw new ApiRejection(403, 'forbidden', 'The request has no User-Agent.');
  }
  if (request.headers['x-api-key'] === context.apiKey) return;
  const text = 'The API key is invalid or has expired. Check it in your dashboard.';
  throw new ApiRejection(401, 'api_key_invalid', text);
}

function chunkFaultOf(fault: Fault | undefined): ChunkFault {
  return (index) => {
    if (fault?.chunk !== undefined && fault.chunk !== index) return undefined;
    if (fault?.kind === 'drop-report') return 'drop-report';
    if (fault?.kind !== 'fail-chunk') return undefined;
    return fault.chunks === undefined || fault.chunks.includes(index) ? fault : undefined;
  };
}

function perform(
  context: SimulatorContext,
  received: ReceivedRequest,
  fault: Fault | undefined,
): Reply {
  const { operation, query, body, record } = received;
  return apiOperations[operation](context, {
    uploadId: record.uploadId ?? '',
    assetId: record.assetId ?? '',
    query,
    body,
    fault: chunkFaultOf(fault),
  });
}

function replyOf(operation: () => Reply): Reply {
  try {
    return operation();
  } catch (error) {
    if (error instanceof ApiRejection) return error.reply;
    throw error;
  }
}

const usualCodes: Readonly<Record<number, string>> = {
  401: 'api_key_invalid',
  403: 'api_not_allowed',
  404: 'resource_not_exist',
  429: 'too_many_requests',
};

const formatError: ErrorFormat = (status, code, message) => {
  const usual =
    usualCodes[status] ?? (status < 500 ? 'parameter_invalid' : 'internal_server_error');
  return apiError(status, code ?? usual, message);
};

/** Sends the reply, changed or cut by the fault. */
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

/** Returns the API's listener: parses a request, applies a fault, checks key and rate, performs it. */
export function createApiListener(context: SimulatorContext) {
  const rate = new RateWindow(context.clock, context.switches);
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const received = await receive(context, request);
    const { record } = received;
    const fault = await applyFault(context, record, response);
    const end = earlyEndOf(fault, formatError);
    if (end === 'reset') request.socket.resetAndDestroy();
    if (end === 'reset' || end === 'stall') return;
    const reply =
      end ??
      replyOf(() => {
        authenticate(context, request);
        return rate.countCall() ?? perform(context, received, fault);
      });
    if (!(await delayReply(context, fault, response))) return;
    deliver(response, record, end ?? faultReply(fault, formatError) ?? reply, fault);
    record.endedAt = context.clock.now();
  };
}
