import type { FaultEffect, FaultSource } from '#local/simulators/twelvelabs/faults/faults.ts';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import type {
  TwelveLabsOptions,
  TwelveLabsSimulator,
} from '#local/simulators/twelvelabs/simulator.ts';
import type { CallRecord, Operation } from '#local/simulators/twelvelabs/wire/call-log.ts';

/** What a call gets: the same effect each time, or one made for the call. */
type Effect = FaultEffect | ((call: CallRecord) => FaultEffect | undefined);

/** A TwelveLabs over the wire that behaves as public reports describe services like it. */
export interface ServiceDouble extends TwelveLabsSimulator {
  /** Adds behaviours; of several that fit a call, the first added decides. They hold until `faults.clear`. */
  behave(...behaviours: FaultSource[]): void;
}

/** Starts a double on loopback. Its switches, scripted faults and call log are the simulator's. */
export async function startServiceDouble(options: TwelveLabsOptions = {}): Promise<ServiceDouble> {
  const simulator = await startTwelveLabs({ store: 'memory', ...options });
  return { ...simulator, behave: (...behaviours) => simulator.faults.drawFrom(...behaviours) };
}

/** Every call of an operation gets the effect. */
export function always(on: Operation, effect: Effect): FaultSource {
  return (call) => (call.operation === on ? effectFor(effect, call) : undefined);
}

/** The first calls of an operation get the effect. */
export function firstCalls(on: Operation, count: number, effect: Effect): FaultSource {
  let seen = 0;
  return (call) => {
    if (call.operation !== on) return undefined;
    seen += 1;
    return seen <= count ? effectFor(effect, call) : undefined;
  };
}

/** Every n-th call of an operation gets the effect. */
export function everyNth(on: Operation, n: number, effect: Effect): FaultSource {
  let seen = 0;
  return (call) => {
    if (call.operation !== on) return undefined;
    seen += 1;
    return seen % n === 0 ? effectFor(effect, call) : undefined;
  };
}

/** The calls of an operation get the effect from the first one on, for so many seconds of the double's clock. */
export function forSeconds(on: Operation, seconds: number, effect: Effect): FaultSource {
  let firstAt: number | undefined;
  return (call) => {
    if (call.operation !== on) return undefined;
    firstAt ??= call.at;
    return call.at < firstAt + seconds * 1000 ? effectFor(effect, call) : undefined;
  };
}

/** Sends an interim `100 Continue` before every reply. */
export const interimReplies: FaultSource = () => ({ kind: 'interim-reply' });

/** An error reply in the words of the host that the call went to. */
export function status(
  code: number,
  headers: Readonly<Record<string, string>> = {},
): FaultEffect & { readonly kind: 'status' } {
  return { kind: 'status', status: code, headers };
}

/** A redirect to another host, as storage in another Region answers. */
export function redirect(code: number): FaultEffect {
  const headers = { Location: 'https://elsewhere.example/uploads' };
  return { ...status(code, headers), code: 'TemporaryRedirect' };
}

/** Changes the JSON of a reply on its way. */
export function altered(
  alter: (body: Record<string, unknown>) => Record<string, unknown>,
): FaultEffect {
  return { kind: 'altered-reply', alter };
}

function effectFor(effect: Effect, call: CallRecord): FaultEffect | undefined {
  return typeof effect === 'function' ? effect(call) : effect;
}
