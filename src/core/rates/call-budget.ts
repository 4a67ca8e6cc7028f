/** The calls that a service allows all clients of one account in any window of some length. */
export interface CallBudget {
  /** The endpoint group, for the shared row: "api". */
  readonly group: string;
  readonly calls: number;
  readonly windowMs: number;
}

/** The part of a budget that may be used within one slice of time. */
export interface BudgetSlice {
  readonly ms: number;
  readonly calls: number;
}

/** The length of a slice, in ms. Shorter slices use more of a budget, longer ones allow larger bursts. */
const sliceMs = 10_000;

/**
 * Returns the slice of a budget. A window overlaps one slice more than it is long. Another one is for calls
 * that are made up to a slice after their reservation.
 */
export function sliceOf({ calls, windowMs }: CallBudget): BudgetSlice {
  const slices = Math.ceil(windowMs / sliceMs) + 2;
  return { ms: sliceMs, calls: Math.max(1, Math.floor(calls / slices)) };
}

/**
 * Reserves one call of a budget, just before the call. All functions share the budget.
 * @throws ThrottledError - with `isCallPostponed`: the budget is used up for longer than a function waits
 * @throws TableUnavailableError
 */
export type TakeCall = (budget: CallBudget, signal: AbortSignal) => Promise<void>;
