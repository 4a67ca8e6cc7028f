/** Rows by key, as copies: a caller's later change does not affect a row. */
export class Rows<T extends object> {
  readonly #rows = new Map<string, string | T>();
  readonly #areCopies: boolean;
  /** Keys by their prefix up to the first `#`, for reads of one partition. */
  readonly #partitions = new Map<string, Set<string>>();

  /** @param areCopies - false: callers share the rows, which saves most of the time of a large load */
  constructor(areCopies = true) {
    this.#areCopies = areCopies;
  }

  get(key: string): T | undefined {
    const stored = this.#rows.get(key);
    return stored === undefined ? undefined : rowOf(stored);
  }

  set(key: string, row: T): void {
    if (!this.#rows.has(key)) this.#partitionOf(key).add(key);
    this.#rows.set(key, this.#areCopies ? JSON.stringify(row) : row);
  }

  has(key: string): boolean {
    return this.#rows.has(key);
  }

  /** Returns the rows with this key prefix, by key. */
  under(prefix: string): [string, T][] {
    const keys = prefix.includes('#') ? this.#partitionOf(prefix) : this.#rows.keys();
    const found: [string, T][] = [];
    let isSorted = true;
    for (const key of keys) {
      if (!key.startsWith(prefix)) continue;
      isSorted &&= key > (found.at(-1)?.[0] ?? '');
      found.push([key, rowOf(this.#rows.get(key) as string | T)]);
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

/** Returns a row as a table stores it: as JSON, without undefined fields. Only a read parses it. */
function rowOf<T extends object>(stored: string | T): T {
  return typeof stored === 'string' ? (JSON.parse(stored) as T) : stored;
}
