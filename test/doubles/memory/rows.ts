/** Whether a stored row is a copy of the caller's, frozen at all levels, or the caller's own. */
export type Copies = 'frozen' | 'none';

/**
 * Rows by key. A stored row is a frozen copy, without undefined fields as in a table: a caller's later
 * change does not affect it, and a reader that changes it throws. `none` stores the callers' own objects,
 * which saves most of the time of a large load.
 */
export class Rows<T extends object> {
  readonly #rows = new Map<string, T>();
  readonly #copies: Copies;
  /** Keys by their prefix up to the first `#`, for reads of one partition. */
  readonly #partitions = new Map<string, Set<string>>();

  constructor(copies: Copies = 'frozen') {
    this.#copies = copies;
  }

  get(key: string): T | undefined {
    return this.#rows.get(key);
  }

  set(key: string, row: T): void {
    if (!this.#rows.has(key)) this.#partitionOf(key).add(key);
    this.#rows.set(key, this.#copies === 'none' ? row : frozenCopy(row));
  }

  has(key: string): boolean {
    return this.#rows.has(key);
  }

  /** Returns the rows with this key prefix, by key, between two keys if they are named. */
  under(prefix: string, from = prefix, to?: string): [string, T][] {
    const keys = prefix.includes('#') ? this.#partitionOf(prefix) : this.#rows.keys();
    const found: [string, T][] = [];
    let isSorted = true;
    for (const key of keys) {
      if (!key.startsWith(prefix) || key < from || (to && key > to)) continue;
      isSorted &&= key > (found.at(-1)?.[0] ?? '');
      found.push([key, this.#rows.get(key) as T]);
    }
    return isSorted ? found : found.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Deletes the rows of one partition. */
  forget(partition: string): void {
    for (const key of this.#partitions.get(partition) ?? []) this.#rows.delete(key);
    this.#partitions.delete(partition);
  }

  #partitionOf(key: string): Set<string> {
    const end = key.indexOf('#');
    const name = end < 0 ? key : key.slice(0, end);
    const partition = this.#partitions.get(name) ?? new Set();
    this.#partitions.set(name, partition);
    return partition;
  }
}

function frozenCopy<T extends object>(row: T): T {
  return freeze(JSON.parse(JSON.stringify(row)));
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const field of Object.values(value)) freeze(field);
  return Object.freeze(value);
}
