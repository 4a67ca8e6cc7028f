/**
 * How a caller's row and the stored row are kept apart. `json`: each read parses it. `flat`: each read copies
 * the fields of a row without nested values, which is faster. `none`: callers share the rows, which saves
 * most of the time of a large load.
 */
export type Copies = 'json' | 'flat' | 'none';

/** Rows by key, as copies: a caller's later change does not affect a row. */
export class Rows<T extends object> {
  readonly #rows = new Map<string, string | T>();
  readonly #copies: Copies;
  /** Keys by their prefix up to the first `#`, for reads of one partition. */
  readonly #partitions = new Map<string, Set<string>>();

  constructor(copies: Copies = 'json') {
    this.#copies = copies;
  }

  get(key: string): T | undefined {
    const stored = this.#rows.get(key);
    return stored === undefined ? undefined : this.#rowOf(stored);
  }

  set(key: string, row: T): void {
    if (!this.#rows.has(key)) this.#partitionOf(key).add(key);
    this.#rows.set(key, this.#stored(row));
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
      found.push([key, this.#rowOf(this.#rows.get(key) as string | T)]);
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

  /** A table stores no undefined fields. */
  #stored(row: T): string | T {
    if (this.#copies === 'none') return row;
    const json = JSON.stringify(row);
    return this.#copies === 'json' ? json : JSON.parse(json);
  }

  #rowOf(stored: string | T): T {
    if (typeof stored === 'string') return JSON.parse(stored);
    return this.#copies === 'flat' ? { ...stored } : stored;
  }
}
