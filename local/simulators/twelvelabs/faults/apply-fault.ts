import type { ServerResponse } from 'node:http';
import type { SimulatorClock } from '#local/simulators/clock.ts';
import type { CallRecord } from '../wire/call-log.ts';
import { htmlReply, type Reply, throttleHeaders } from '../wire/replies.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { Fault } from './faults.ts';

/** Builds an error reply in the format of one host. */
export type ErrorFormat = (status: number, code: string | undefined, message: string) => Reply;

/** The part of the simulator that faults need. */
interface FaultScope {
  readonly clock: SimulatorClock;
  readonly faults: FaultPlan;
}

/** Applies the planned fault to a request: waits for its delay and returns the remaining fault. */
export async function applyFault(
  { clock, faults }: FaultScope,
  record: CallRecord,
  response: ServerResponse,
): Promise<Fault | undefined> {
  response.once('close', () => {
    record.endedAt ??= clock.now();
  });
  const { delayMs, fault } = faults.take(record);
  record.fault = fault?.kind ?? (delayMs > 0 ? 'delay' : undefined);
  if (delayMs > 0) await clock.sleep(delayMs);
  if (fault?.kind === 'callback') await fault.act(record);
  if (fault?.kind === 'interim-reply') response.writeContinue();
  return fault;
}

/** Delays a late reply. Returns false if the client disconnected during the delay. */
export async function delayReply(
  { clock }: FaultScope,
  fault: Fault | undefined,
  response: ServerResponse,
): Promise<boolean> {
  if (fault?.kind !== 'late-reply') return true;
  await clock.sleep(fault.ms);
  return !response.destroyed;
}

/** Returns the reply that a fault substitutes for the true one, if any. */
export function faultReply(fault: Fault | undefined, error: ErrorFormat): Reply | undefined {
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

/** Returns how a request ends before it has an effect: a reply, a reset, or no answer at all. */
export function earlyEndOf(
  fault: Fault | undefined,
  error: ErrorFormat,
): Reply | 'reset' | 'stall' | undefined {
  if (fault?.kind === 'reset' || fault?.kind === 'stall') return fault.kind;
  if (fault?.kind === 'status' && fault.afterEffect) return undefined;
  return faultReply(fault, error);
}

function statusReply(fault: Fault & { kind: 'status' }, error: ErrorFormat): Reply {
  const text = `The simulator answers ${fault.status} because of a scripted fault.`;
  const reply = error(fault.status, fault.code, text);
  const headers = fault.headers ?? {};
  if (fault.body === undefined) return withHeaders(reply, headers);
  const body = typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body);
  return withHeaders({ ...reply, body }, headers);
}

function withHeaders(reply: Reply, headers: Readonly<Record<string, string>>): Reply {
  return { ...reply, headers: { ...reply.headers, ...headers } };
}
