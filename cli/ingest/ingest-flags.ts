import type { MediaType } from '#src/core/source/media-types.ts';
import type { PlaceFlags } from '../options.ts';

/** One argument, or one line of `--list`. */
export interface Argument {
  readonly text: string;
  /** Whether a key is taken as it is: no character of it makes a pattern. */
  readonly isLiteral: boolean;
  /** Whether it was a JSON string of a list, which names one object or file in any case. */
  readonly isQuoted?: boolean;
}

/** The options of `chunkferry ingest`, without those of destinations. */
export interface IngestFlags extends PlaceFlags {
  readonly list?: string;
  readonly all?: boolean;
  readonly raw?: boolean;
  readonly dryRun?: boolean;
  readonly requestPayer?: boolean;
  readonly parallel?: number;
  readonly detach?: boolean;
  readonly watch?: boolean;
  readonly filename?: string;
  readonly force?: boolean;
  readonly mediaType?: MediaType;
  readonly priority?: string;
  readonly json?: boolean;
  readonly destination: string;
}
