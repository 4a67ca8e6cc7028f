import type { PlaceFlags } from '../options.ts';

/** The options of `chunkferry ingest`, without those of destinations. */
export interface IngestFlags extends PlaceFlags {
  readonly list?: string;
  readonly parallel?: number;
  readonly detach?: boolean;
  readonly watch?: boolean;
  readonly filename?: string;
  readonly force?: boolean;
  readonly priority?: string;
  readonly json?: boolean;
  readonly destination: string;
}
