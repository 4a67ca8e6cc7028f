import type { Ports } from '#src/transfer/step.ts';

/**
 * What stands in for parts that a function would make from its environment: a local run gives its
 * clock and its progress log, a simulation gives everything. In Lambda nothing is given.
 */
export let given: Partial<Ports> = {};

const made = new Map<string, unknown>();

/** Gives parts from now on, and forgets all that was made from the environment before. */
export function give(parts: Partial<Ports>): void {
  given = parts;
  made.clear();
}

/** Lets every part be made anew from the environment, with nothing that an old one remembers. */
export function forget(): void {
  made.clear();
}

/** Returns a part that is no port, made once and kept while the sandbox lives. */
export function kept<T>(name: string, make: () => T): T {
  const part = made.has(name) ? (made.get(name) as T) : make();
  made.set(name, part);
  return part;
}

/** The given port, or the one made once from the environment and kept while the sandbox lives. */
export function port<K extends keyof Ports>(name: K, make: () => Ports[K]): Ports[K] {
  const part = given[name] ?? made.get(name) ?? make();
  made.set(name, part);
  return part as Ports[K];
}
