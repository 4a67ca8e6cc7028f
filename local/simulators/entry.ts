/** The file that the demo makes. */
export interface Sample {
  readonly key: string;
  readonly contentType: string;
  /** Its size, unless the user names another one. */
  readonly size: string;
  /** What it is, in a sentence: "a film". */
  readonly noun: string;
}

/** A started simulator, with its settings in place of their variables. */
export interface StartedSimulator {
  readonly secret: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Returns the SHA-256 of what arrived, in lower-case hex. */
  storedSha256(assetId: string): string | Promise<string>;
  close(): Promise<void>;
}

/** What the `entry.ts` of a simulator's folder exports, for the commands that start it. */
export interface SimulatorEntry {
  /** A file that the destination takes. Default: a film. */
  readonly sample?: Sample;
  /** Starts it on free ports of loopback. */
  start(): Promise<StartedSimulator>;
}
