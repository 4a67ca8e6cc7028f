import type { IncomingMessage, ServerResponse } from 'node:http';
import { htmlReply, sendReply } from '../twelvelabs/wire/replies.ts';
import type { SimulatorContext } from './context.ts';
import type { Fault, Operation } from './faults.ts';
import { type Call, findOperation, operations } from './operations.ts';
import { errorReply, jsonReply, Rejection, type Reply } from './replies.ts';
import { parseForm, readBody } from './requests.ts';

/** Returns the listener of the service: checks the token, performs the request, applies a fault. */
export function createApiListener(context: SimulatorContext) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const { operation, id } = findOperation(request.method ?? '', pathname);
    const contentRange = request.headers['content-range'];
    const record = { operation, at: context.clock.now(), range: contentRange, status: 0 };
    context.calls.push(record);
    const fault = context.faults.take(operation);
    if (fault?.kind === 'expire-token') context.tokens.expire();
    const body = await readBody(request);
    if (fault?.kind === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    const form = await parseForm(request.headers['content-type'] ?? '', body);
    const reply =
      rejectionOf(context, operation, request.headers.authorization, fault) ??
      performed(context, operation, { id, form, contentRange });
    if (fault?.kind === 'lost-reply') {
      response.socket?.destroy();
      return;
    }
    record.status = reply.status;
    sendReply(response, altered(reply, fault));
  };
}

function performed(context: SimulatorContext, operation: Operation, call: Call): Reply {
  try {
    return operations[operation](context, call);
  } catch (error) {
    if (error instanceof Rejection) return error.reply;
    throw error;
  }
}

/** Returns the reply to a request that has no effect: a fault, or a rejected token. */
function rejectionOf(
  { switches, tokens }: SimulatorContext,
  operation: Operation,
  authorization: string | undefined,
  fault: Fault | undefined,
): Reply | undefined {
  const { mode } = switches;
  if (fault?.kind === 'status') {
    const { status, body } = fault;
    return body === undefined ? errorReply(mode, status, 'Planned.') : jsonReply(status, body);
  }
  if (fault?.kind === 'page') return htmlReply(fault.status);
  if (fault?.kind === 'throttle') {
    const reply = errorReply(mode, 429, 'Request was throttled.');
    return { ...reply, headers: { ...reply.headers, 'Retry-After': String(fault.seconds) } };
  }
  if (operation === 'token' || tokens.accepts(authorization)) return undefined;
  const message =
    authorization === undefined
      ? 'Authentication credentials were not provided.'
      : 'Invalid token.';
  return errorReply(mode, 401, message);
}

function altered(reply: Reply, fault: Fault | undefined): Reply {
  if (fault?.kind !== 'alter') return reply;
  return { ...reply, body: JSON.stringify(fault.alter(JSON.parse(reply.body))) };
}
