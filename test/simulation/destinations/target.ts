import type { Community, End } from '../../destinations/selfcommunity/community.ts';
import type { Faults } from '../faults/fault-classes.ts';
import type { Chance } from '../harness/chance.ts';

/** A service under random faults, with the harness of its transfers. */
export interface Target {
  readonly run: Pick<Community, 'harness' | 'change'>;
  readonly sha256: string;
  /** Chunks that the service takes at once. */
  readonly maxInFlight: number;
  /** Faults of the table and of S3. */
  readonly portFaults: Faults;
  /** The error with which the service's limits end every start. */
  readonly rejection?: string | undefined;
  /** Returns true if an error may end the transfer for good: its result cannot be known after these faults. */
  isUndecidable(error: string, kills: number): boolean;
  /** Plans one fault of the wire or of the service. */
  planFault(chance: Chance): string;
  /** The SHA-256 of each file at the service, by id. */
  files(): readonly { readonly id: string; readonly sha256: string }[];
  /** Called when a process is killed. */
  onKill?(): void;
  /** Deletes a file, as its owner may. */
  deleteFile(id: string): void;
  /** Returns what the requests and rows show that must not be. */
  flaws(ends: readonly End[], isUndisturbed: boolean): readonly string[];
  close(): Promise<void>;
}

/** Statuses of the API that pass. */
export const transient = [408, 500, 502, 503, 504];
