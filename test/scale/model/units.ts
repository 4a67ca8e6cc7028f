/** Counts of one kind of unit by name. */
export class Units {
  readonly #counts = new Map<string, number>();

  add(name: string, count = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  get total(): number {
    return this.#counts.values().reduce((sum, count) => sum + count, 0);
  }

  /** Returns the names, the highest counts first. */
  names(): string[] {
    return [...this.#counts].sort(([, a], [, b]) => b - a).map(([name]) => name);
  }
}

/** The highest value that a number ever had. */
export class Peak {
  now = 0;
  most = 0;

  change(by: number): void {
    this.set(this.now + by);
  }

  set(value: number): void {
    this.now = value;
    this.most = Math.max(this.most, value);
  }
}

/** Everything that AWS or the service would count of one load. */
export interface Tally {
  readonly transitions: Units;
  readonly invocations: Units;
  /** Function time in GB-seconds, by function. */
  readonly gbSeconds: Units;
  readonly tableReads: Units;
  readonly tableWrites: Units;
  /** Rows that the reads returned, by method. */
  readonly rowsRead: Units;
  readonly source: Units;
  readonly service: Units;
  /** Events put on the bus, and calls of StartExecution. */
  readonly other: Units;
}

export function newTally(): Tally {
  return {
    transitions: new Units(),
    invocations: new Units(),
    gbSeconds: new Units(),
    tableReads: new Units(),
    tableWrites: new Units(),
    rowsRead: new Units(),
    source: new Units(),
    service: new Units(),
    other: new Units(),
  };
}

/** What the run watches against the bounds of the product. */
export interface Peaks {
  readonly slots: Peak;
  readonly sessions: Peak;
  readonly sends: Peak;
  readonly startsPerSecond: Peak;
  readonly chunksOfOneCall: Peak;
  readonly rangesOfOneMap: Peak;
  readonly queued: Peak;
  readonly payloadBytes: Peak;
  readonly transitionsOfOneExecution: Peak;
}

export function newPeaks(): Peaks {
  return {
    slots: new Peak(),
    sessions: new Peak(),
    sends: new Peak(),
    startsPerSecond: new Peak(),
    chunksOfOneCall: new Peak(),
    rangesOfOneMap: new Peak(),
    queued: new Peak(),
    payloadBytes: new Peak(),
    transitionsOfOneExecution: new Peak(),
  };
}
