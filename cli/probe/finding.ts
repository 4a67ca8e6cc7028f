/** What the probe found about one open question. */
export interface ProbeFinding {
  /** The switch of docs/twelvelabs.md, or the name of the value. */
  readonly about: string;
  /** What the service did. */
  readonly found: string;
  /** What Chunkferry assumes; undefined if it depends on no answer. */
  readonly assumed?: string | undefined;
  /** Whether the assumption holds; undefined if there is none, or the answer shows neither. */
  readonly holds?: boolean | undefined;
}

/** Returns a finding about an assumption. */
export function compareAnswer(
  about: string,
  found: string,
  assumed: string,
  holds: boolean,
): ProbeFinding {
  return { about, found, assumed, holds };
}

/** Statuses that refuse a call for now and answer no question. */
const passing: readonly number[] = [408, 423, 425, 429];

/**
 * Returns a finding about a call that should be rejected. An outage and a throttled call answer nothing.
 * @param what - what is rejected; empty if `about` names it
 * @param accepted - what an accepted call shows
 */
export function judgeRejection(
  about: string,
  { status }: { readonly status: number },
  what: string,
  accepted: string,
): ProbeFinding {
  const assumed = what === '' ? 'rejected' : `${what} is rejected`;
  if (status >= 200 && status < 300) return compareAnswer(about, accepted, assumed, false);
  if (status >= 500 || passing.includes(status))
    return { about, found: `no answer (${status})`, assumed };
  return compareAnswer(about, `rejected (${status})`, assumed, true);
}

/** Returns a finding without an assumption. */
export function reportAnswer(about: string, found: string): ProbeFinding {
  return { about, found };
}
