import type { ByteRange } from './byte-range.ts';
import type { CrcAlgorithm, SourceObject, SourceReference } from './source-object.ts';

/** Options of an inspection. */
export interface InspectOptions {
  /** Whether to read the content digests. An object of several parts then costs one more HEAD. */
  readonly withDigests?: boolean | undefined;
  /** Whether to read the MD5 of the whole object, which costs no call. */
  readonly withMd5?: boolean | undefined;
}

/** Reads the objects to move. */
export interface SourceReader {
  /**
   * Pins an object to its present content.
   * @throws SourceNotFoundError, SourceAccessDeniedError, SourceArchivedError, SourceCustomerEncryptedError
   * @throws SourceCredentialsRejectedError - S3 rejects our credentials
   * @throws SourceSignatureRejectedError, SourceDeniedForNowError - retryable for a bounded time
   * @throws SourceNotConfiguredError, SourceRoleRejectedError - the account has no reader role, or STS denies it
   * @throws SourceRegionMismatchError - the bucket is not in the Region of its source
   * @throws ConfigurationError - no Region or no credentials are configured
   * @throws InvalidInputError - S3 rejects the name
   * @throws SourceUnavailableError - S3 failed; retryable
   */
  inspect(reference: SourceReference, options?: InspectOptions): Promise<SourceObject>;
  /**
   * Reads one byte of the pinned object, to find a denial before anything is created.
   * @throws as `inspect`; SourceSupersededError - the object has changed
   */
  confirmReadable(source: SourceObject, signal: AbortSignal): Promise<void>;
  /**
   * Reads one range of the pinned object, once. Compares Content-Range, length, ETag and version of the
   * reply with the request before it yields the first byte.
   * @throws SourceSupersededError - the object was overwritten or deleted
   * @throws SourceProtocolError - the reply is not the requested range
   * @throws as `inspect` - access has changed
   * @throws SourceUnavailableError, TruncatedReadError - retryable, also during iteration
   */
  read(source: SourceObject, range: ByteRange, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** Creates the running checksum of one chunk. */
export type CrcFactory = (algorithm: CrcAlgorithm) => Promise<RunningCrc>;

export interface RunningCrc {
  update(bytes: Uint8Array): void;
  /** Returns the big-endian checksum as base64, as S3 writes it. */
  digest(): Promise<string>;
}
