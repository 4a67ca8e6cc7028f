import type { CallRecord } from '../wire/call-log.ts';
import { assertApplicable, type Fault, type FaultSource } from './faults.ts';

/** The fault for one request: a delay, an effect, both or neither. */
export interface FaultDecision {
  readonly delayMs: number;
  readonly fault: Fault | undefined;
}

interface ScriptedFault {
  readonly fault: Fault;
  seen: number;
  left: number;
}

/** Scripted faults. Each matching request consumes one use; among several matches, the first added applies. */
export class FaultPlan {
  readonly #scripted: ScriptedFault[] = [];
  readonly #sources: FaultSource[] = [];

  /**
   * Adds sources that are asked about every request without a scripted fault. The first source that
   * returns an effect decides. Sources remain until `clear`.
   */
  drawFrom(...sources: FaultSource[]): void {
    this.#sources.push(...sources);
  }

  /** @throws Error - the operation does not support this kind of fault */
  add(...faults: Fault[]): void {
    for (const fault of faults) {
      assertApplicable(fault);
      this.#scripted.push({ fault, seen: 0, left: fault.times ?? 1 });
    }
  }

  /** Returns the faults with uses left. A test that ends with any did not test its scenario. */
  pending(): readonly Fault[] {
    return this.#scripted.filter(({ left }) => left > 0).map(({ fault }) => fault);
  }

  /** Removes scripted faults and sources. */
  clear(): void {
    this.#scripted.length = 0;
    this.#sources.length = 0;
  }

  /** Counts a request and consumes the faults that apply to it. @internal */
  take(call: CallRecord): FaultDecision {
    let delayMs = 0;
    let effect: Fault | undefined;
    for (const scripted of this.#scripted) {
      const { fault } = scripted;
      if (!isTargeted(fault, call)) continue;
      scripted.seen += 1;
      if (scripted.left === 0 || scripted.seen < (fault.nth ?? 1)) continue;
      const isFree = fault.kind === 'delay' ? delayMs === 0 : effect === undefined;
      if (!isFree) continue;
      scripted.left -= 1;
      if (fault.kind === 'delay') delayMs = fault.ms;
      else effect = fault;
    }
    return { delayMs, fault: effect ?? this.#draw(call) };
  }

  #draw(call: CallRecord): Fault | undefined {
    for (const source of this.#sources) {
      const effect = source(call);
      if (!effect) continue;
      const fault = { on: call.operation, ...effect };
      assertApplicable(fault);
      return fault;
    }
    return undefined;
  }
}

function isTargeted(fault: Fault, call: CallRecord): boolean {
  return (
    fault.on === call.operation &&
    (fault.uploadId === undefined || fault.uploadId === call.uploadId) &&
    (fault.chunk === undefined || call.chunks.includes(fault.chunk))
  );
}
