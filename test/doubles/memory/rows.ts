/** Rows by key, as copies: what a caller changes later changes no row. */
export class Rows<T extends object> {
  readonly #rows = new Map<string, T>();
  /** Keys by what they begin with, up to the first `#`: a partition is read without the others. */
  readonly #partitions = new Map<string, Set<string>>();

  get(key: string): T | undefined {
    const row = this.#rows.get(key);
    return row && copy(row);
  }

  set(key: string, row: T): void {
    if (!this.#rows.has(key)) this.#partitionOf(key).add(key);
    this.#rows.set(key, copy(row));
  }

  has(key: string): boolean {
    return this.#rows.has(key);
  }

  /** Rows whose key begins so, by key. */
  under(prefix: string): [string, T][] {
    const keys = prefix.includes('#') ? this.#partitionOf(prefix) : this.#rows.keys();
    const found = [...keys].filter((key) => key.startsWith(prefix)).sort();
    return found.map((key) => [key, copy(this.#rows.get(key) as T)]);
  }

  #partitionOf(key: string): Set<string> {
    const name = key.split('#', 1)[0] ?? '';
    const partition = this.#partitions.get(name) ?? new Set();
    this.#partitions.set(name, partition);
    return partition;
  }
}

/** As a table keeps it: JSON's values, and nothing where a field is undefined. */
function copy<T>(row: T): T {
  return JSON.parse(JSON.stringify(row)) as T;
}
