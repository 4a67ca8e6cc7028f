import type { FaultEffect, FaultSource } from '#local/simulators/twelvelabs/faults/faults.ts';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import type {
  TwelveLabsOptions,
  TwelveLabsSimulator,
} from '#local/simulators/twelvelabs/simulator.ts';
import type { CallRecord, Operation } from '#local/simulators/twelvelabs/wire/call-log.ts';

/** The effect on a call: the same each time, or computed for the call. */
type Effect = FaultEffect | ((call: CallRecord) => FaultEffect | undefined);

/** A TwelveLabs double over the wire with the behaviours of public reports about similar services. */
export interface ServiceDouble extends TwelveLabsSimulator {
  /** Adds behaviours until `faults.clear`. If several match a call, the first one applies. */
  behave(...behaviours: FaultSource[]): void;
}

/** Starts a double on loopback. It has the simulator's switches, scripted faults and call log. */
export async function startServiceDouble(options: TwelveLabsOptions = {}): Promise<ServiceDouble> {
  const simulator = await startTwelveLabs({ store: 'memory', ...options });
  return { ...simulator, behave: (...behaviours) => simulator.faults.drawFrom(...behaviours) };
}

/** Applies the effect to every call of an operation. */
export function always(on: Operation, effect: Effect): FaultSource {
  return (call) => (call.operation === on ? effectFor(effect, call) : undefined);
}

/** Applies the effect to the first calls of an operation. */
export function firstCalls(on: Operation, count: number, effect: Effect): FaultSource {
  let seen = 0;
  return (call) => {
    if (call.operation !== on) return undefined;
    seen += 1;
    return seen <= count ? effectFor(effect, call) : undefined;
  };
}

/** Applies the effect to every n-th call of an operation. */
export function everyNth(on: Operation, n: number, effect: Effect): FaultSource {
  let seen = 0;
  return (call) => {
    if (call.operation !== on) return undefined;
    seen += 1;
    return seen % n === 0 ? effectFor(effect, call) : undefined;
  };
}

/** Applies the effect to the calls of an operation for some seconds of the double's clock, from the first call. */
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

/** Returns an error reply in the form of the called host. */
export function status(
  code: number,
  headers: Readonly<Record<string, string>> = {},
): FaultEffect & { readonly kind: 'status' } {
  return { kind: 'status', status: code, headers };
}

/** Returns a redirect to another host, like storage in another Region. */
export function redirect(code: number): FaultEffect {
  const headers = { Location: 'https://elsewhere.example/uploads' };
  return { ...status(code, headers), code: 'TemporaryRedirect' };
}

/** Changes the JSON of a reply. */
export function altered(
  alter: (body: Record<string, unknown>) => Record<string, unknown>,
): FaultEffect {
  return { kind: 'altered-reply', alter };
}

function effectFor(effect: Effect, call: CallRecord): FaultEffect | undefined {
  return typeof effect === 'function' ? effect(call) : effect;
}
