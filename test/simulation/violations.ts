/** A promise that a run saw broken. */
export interface Violation {
  readonly invariant: string;
  readonly what: string;
}

/** Takes what is found wrong, whether while a run goes on or at its end. */
export interface Judge {
  readonly found: readonly Violation[];
  broken(invariant: string, what: string): void;
}

export function openJudge(): Judge {
  const found: Violation[] = [];
  return { found, broken: (invariant, what) => void found.push({ invariant, what }) };
}
