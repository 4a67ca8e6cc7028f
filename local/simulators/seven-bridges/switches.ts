import type { SimulatorClock } from '#local/simulators/clock.ts';

/** How the service behaves where its documents, older documents and clients disagree, or are silent. */
export interface SevenBridgesSwitches {
  /** The part size of an upload: the proposal if it is compatible, or this size. Default `negotiated`. */
  partSize: 'negotiated' | number;
  /** A taken name without overwriting: 409, or a number in the name, as the Java client's documents say. */
  nameTaken: 'conflict' | 'rename';
  /** The form of `expires`: ISO 8601, or milliseconds since 1970, as older documents show. */
  expires: 'iso' | 'milliseconds';
  /** The place of `success_codes` in the reply; the Java client reads it inside `report`. */
  successCodesIn: 'reply' | 'report';
  /** The value of `parallel_uploads`. The service counts on the client: it restricts nothing. */
  parallelUploads: boolean;
  /** Headers that each PUT must have. Most clients send none of them. */
  requiredHeaders: Readonly<Record<string, string>>;
  /** The headers of the storage's reply that a report must contain. */
  reportHeaders: readonly string[];
  /** Whether ETags are MD5 sums. */
  etags: 'md5' | 'opaque';
  /**
   * Sizes of parts at completion: all but the last exactly the part size, or any sizes with the right sum.
   * sevenbridges-python sends `n × part size + 1` bytes with a part of one byte more and an empty one.
   */
  partSizes: 'exact' | 'any';
  /**
   * Why the project takes no file: the token's user may only read, the project is locked, or its storage is full. No
   * document names the reply for the last one.
   */
  takesFiles: 'yes' | 'read-only' | 'locked' | 'full';
  /** Whether a completed upload can still be read. */
  completedUpload: 'forgotten' | 'kept';
  urlLifetimeMs: number;
  /** Calls in five minutes; `undefined`: no limit. */
  callsPerWindow: number | undefined;
  /** The largest file, in bytes. */
  maxBytes: number;
}

export interface SevenBridgesOptions extends Partial<SevenBridgesSwitches> {
  /** Clock of all deadlines. They are checked when a request arrives. Default: the system clock. */
  readonly clock?: SimulatorClock;
  /** Where bytes are stored: in memory, or nowhere after hashing. Default `memory`. */
  readonly store?: 'memory' | 'discard';
  /** The only project. Default `ada/genomes`. */
  readonly project?: string;
  /** The only token. Default: one with a mark that searches find. */
  readonly token?: string;
}

/** The documented behaviour, as far as there is any. */
export function createDefaultSwitches(): SevenBridgesSwitches {
  return {
    partSize: 'negotiated',
    nameTaken: 'conflict',
    expires: 'iso',
    successCodesIn: 'reply',
    parallelUploads: true,
    requiredHeaders: {},
    reportHeaders: ['ETag'],
    etags: 'md5',
    partSizes: 'exact',
    takesFiles: 'yes',
    completedUpload: 'forgotten',
    urlLifetimeMs: 15 * 60 * 1000,
    callsPerWindow: 1_000,
    maxBytes: 5 * 1024 ** 4,
  };
}
