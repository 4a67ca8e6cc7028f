/** A broken invariant. */
export interface Violation {
  readonly invariant: string;
  readonly what: string;
}

/** Collects the violations of a run, during the run and at its end. */
export interface ViolationLog {
  readonly found: readonly Violation[];
  report(invariant: string, what: string): void;
}

export function openViolationLog(): ViolationLog {
  const found: Violation[] = [];
  return { found, report: (invariant, what) => void found.push({ invariant, what }) };
}
