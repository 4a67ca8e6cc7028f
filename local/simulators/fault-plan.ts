/** A fault of the n-th request of an operation from now, counted from 1. Default: the next. */
export interface PlannedFault {
  readonly on: string;
  readonly nth?: number;
}

/** The planned faults of a simulator. Each applies to one request. */
export class FaultPlan<F extends PlannedFault> {
  /** The faults that have applied to a request, in order. */
  readonly applied: F[] = [];
  readonly #faults: { readonly fault: F; left: number }[] = [];

  add(fault: F): void {
    this.#faults.push({ fault, left: fault.nth ?? 1 });
  }

  /** Counts a request and returns its fault. @internal */
  take(operation: F['on']): F | undefined {
    const waiting = this.#faults.filter(({ fault }) => fault.on === operation);
    const due = waiting.find(({ left }) => left === 1);
    for (const entry of waiting) if (entry.left > 1) entry.left--;
    if (!due) return undefined;
    this.#faults.splice(this.#faults.indexOf(due), 1);
    this.applied.push(due.fault);
    return due.fault;
  }
}
