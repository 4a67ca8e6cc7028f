import type { ServerResponse } from 'node:http';
import type { CallRecord } from './call-log.ts';
import type { Fault } from './faults.ts';
import type { Parts } from './parts.ts';
import { htmlReply, type Reply, throttleHeaders } from './replies.ts';

/** How a host words an error that a fault asks for. */
export type ErrorWording = (status: number, code: string | undefined, message: string) => Reply;

/** Lets the plan befall a request that was just logged: sits out a delay, gives back what else there is. */
export async function befall(
  parts: Parts,
  record: CallRecord,
  response: ServerResponse,
): Promise<Fault | undefined> {
  response.once('close', () => {
    record.endedAt ??= parts.clock.now();
  });
  const { delayMs, fault } = parts.faults.take(record);
  record.fault = fault?.kind ?? (delayMs > 0 ? 'delay' : undefined);
  if (delayMs > 0) await parts.clock.sleep(delayMs);
  if (fault?.kind === 'meanwhile') await fault.act(record);
  if (fault?.kind === 'interim-reply') response.writeContinue();
  return fault;
}

/** Holds a late reply back; false if the client went away while it waited. */
export async function holdBack(
  parts: Parts,
  fault: Fault | undefined,
  response: ServerResponse,
): Promise<boolean> {
  if (fault?.kind !== 'late-reply') return true;
  await parts.clock.sleep(fault.ms);
  return !response.destroyed;
}

function withHeaders(reply: Reply, headers: Readonly<Record<string, string>>): Reply {
  return { ...reply, headers: { ...reply.headers, ...headers } };
}

function statusReply(fault: Fault & { kind: 'status' }, error: ErrorWording): Reply {
  const text = `The simulator was told to answer ${fault.status}.`;
  const reply = error(fault.status, fault.code, text);
  const headers = fault.headers ?? {};
  if (fault.body === undefined) return withHeaders(reply, headers);
  const body = typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body);
  return withHeaders({ ...reply, body }, headers);
}

/** The reply that a fault puts in place of the true one, if it does. */
export function faultReply(fault: Fault | undefined, error: ErrorWording): Reply | undefined {
  switch (fault?.kind) {
    case 'status':
      return statusReply(fault, error);
    case 'throttle': {
      const reply = error(429, undefined, 'You have reached the rate limit.');
      return withHeaders(reply, throttleHeaders(fault.retryAfter, fault.rateLimit));
    }
    case 'html':
      return htmlReply(fault.status ?? 502);
    default:
      return undefined;
  }
}

/** What ends a request before it has any effect: a reply, a reset, or no answer ever. */
export function earlyEnd(
  fault: Fault | undefined,
  error: ErrorWording,
): Reply | 'reset' | 'stall' | undefined {
  if (fault?.kind === 'reset' || fault?.kind === 'stall') return fault.kind;
  if (fault?.kind === 'status' && fault.afterEffect) return undefined;
  return faultReply(fault, error);
}
