/** Rows by key, as copies: what a caller changes later changes no row. */
export class Rows<T extends object> {
  readonly #rows = new Map<string, T>();

  get(key: string): T | undefined {
    const row = this.#rows.get(key);
    return row && copy(row);
  }

  set(key: string, row: T): void {
    this.#rows.set(key, copy(row));
  }

  has(key: string): boolean {
    return this.#rows.has(key);
  }

  /** Rows whose key begins so, by key. */
  under(prefix: string): [string, T][] {
    const found = [...this.#rows].filter(([key]) => key.startsWith(prefix));
    return found.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, row]) => [key, copy(row)]);
  }
}

/** As a table keeps it: JSON's values, and nothing where a field is undefined. */
function copy<T>(row: T): T {
  return JSON.parse(JSON.stringify(row)) as T;
}
