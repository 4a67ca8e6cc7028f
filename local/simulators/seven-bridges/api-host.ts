import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendReply } from '../twelvelabs/wire/replies.ts';
import type { SimulatorContext } from './context.ts';
import type { Fault } from './faults.ts';
import { type ApiCall, findOperation, operations } from './operations.ts';
import { RateWindow } from './rate-window.ts';
import { apiError, errorOf, jsonReply, Rejection, type Reply } from './replies.ts';
import { partsIn } from './requests.ts';

/** Above the largest report of this API: 10,000 parts of about 100 bytes. */
const maxBodyBytes = 2 * 1024 * 1024;

async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const piece of request.setEncoding('utf8')) {
    text += piece;
    if (text.length > maxBodyBytes)
      throw new Error(`The body has more than ${maxBodyBytes} bytes.`);
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A token of the account, or one of OAuth, which sevenbridges-python sends as Bearer. */
function tokenOf({ headers }: IncomingMessage): string | undefined {
  const token = headers['x-sbg-auth-token'] ?? headers.authorization?.replace(/^Bearer /, '');
  return typeof token === 'string' ? token : undefined;
}

function replyOf(perform: () => Reply): Reply {
  try {
    return perform();
  } catch (error) {
    if (error instanceof Rejection) return error.reply;
    throw error;
  }
}

/** Returns the reply that a fault gives without an effect. */
function earlyReply(context: SimulatorContext, fault: Fault | undefined): Reply | undefined {
  if (fault?.kind === 'status') {
    const { status, body } = fault;
    if (body === undefined) return errorOf(status);
    return typeof body === 'string' ? { status, headers: {}, body } : jsonReply(status, body);
  }
  if (fault?.kind !== 'throttle') return undefined;
  const reset = Math.ceil(context.clock.now() / 1000) + fault.seconds;
  const headers = { 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': String(reset) };
  return apiError(429, 1000, 'The rate limit is exceeded.', headers);
}

function perform(
  context: SimulatorContext,
  rate: RateWindow,
  operation: ReturnType<typeof findOperation>['operation'],
  call: ApiCall,
): Reply {
  if (operation === 'rate-limit') return jsonReply(200, rate.describe());
  return replyOf(() => operations[operation](context, call));
}

/** Returns the API's listener: parses a request, checks token and rate, performs it, applies a fault. */
export function createApiListener(context: SimulatorContext) {
  const rate = new RateWindow(context.clock, context.switches);
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const { operation, id, part } = findOperation(request.method ?? '', url.pathname);
    const body = await readBody(request);
    const token = tokenOf(request);
    const parts = operation === 'part-url' ? [Number(part)] : partsIn(body);
    const record = {
      ...{ operation, parts, at: context.clock.now(), hasToken: token !== undefined, status: 0 },
    };
    context.calls.push(record);
    const fault = context.faults.take(operation);
    if (fault?.kind === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    const isKnown = token === context.token;
    const rejected = isKnown
      ? rate.countCall()
      : apiError(401, 90001, 'The authentication token is invalid.');
    const call = { id, part, query: url.searchParams, body };
    const reply = rejected ?? earlyReply(context, fault) ?? perform(context, rate, operation, call);
    if (fault?.kind === 'lost-reply') {
      response.socket?.destroy();
      return;
    }
    record.status = reply.status;
    const altered =
      fault?.kind === 'alter' ? JSON.stringify(fault.alter(JSON.parse(reply.body))) : reply.body;
    const headers = {
      ...rate.headers(),
      'X-Request-Id': `r${context.calls.length}`,
      ...reply.headers,
    };
    sendReply(response, { ...reply, headers, body: altered });
  };
}
