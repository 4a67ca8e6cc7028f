import type { Lease } from '#src/core/ports/lease.ts';

/** Returns a lease in memory, with the rules of the table's. */
export function createMemoryLease(): Lease {
  let held: { readonly holder: string; readonly until: number } | undefined;
  return {
    acquire: async (holder, now, until) => {
      if (held && held.holder !== holder && held.until > now) return false;
      held = { holder, until };
      return true;
    },
    release: async (holder) => {
      if (held?.holder === holder) held = undefined;
    },
  };
}
