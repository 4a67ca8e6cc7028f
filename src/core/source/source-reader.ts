import type { ByteRange } from './byte-range.ts';
import type { CrcAlgorithm, SourceObject, SourceReference } from './source-object.ts';

/** What is looked at besides what every transfer needs. */
export interface InspectOptions {
  /** Also read which digests prove the content; costs one more HEAD for an object of several parts. */
  readonly withDigests?: boolean | undefined;
}

/** Reads the objects to move. */
export interface SourceReader {
  /**
   * Pins an object as it is now.
   * @throws SourceNotFoundError, SourceAccessDeniedError, SourceArchivedError, SourceCustomerEncryptedError
   * @throws SourceCredentialsRejectedError - S3 does not take our credentials
   * @throws SourceSignatureRefusedError, SourceDeniedForNowError - waited out for a bounded time
   * @throws SourceNotConfiguredError, SourceRoleRefusedError - its account has no reader, or STS does not give it
   * @throws SourceRegionMismatchError - the bucket is in another Region than its source names
   * @throws ConfigurationError - no Region or no credentials of ours
   * @throws InvalidInputError - a name that S3 refuses
   * @throws SourceUnavailableError - S3 failed; retryable
   */
  inspect(reference: SourceReference, options?: InspectOptions): Promise<SourceObject>;
  /**
   * Reads one byte of the pinned object, so that a denial shows before anything is created.
   * @throws what `inspect` does; SourceSupersededError where the object has changed since
   */
  confirmReadable(source: SourceObject, signal: AbortSignal): Promise<void>;
  /**
   * Reads one range of the pinned object, once; Content-Range, length, ETag and version of the
   * reply are compared with what was asked before a byte is given out.
   * @throws SourceSupersededError - the object is another one now, or gone
   * @throws SourceProtocolError - the reply is not the range that was asked for
   * @throws what `inspect` does, where access changed since
   * @throws SourceUnavailableError, TruncatedReadError - retryable, also while iterating
   */
  read(source: SourceObject, range: ByteRange, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** Makes the running checksum of one chunk, in the algorithm of the object's own checksum. */
export type CrcFactory = (algorithm: CrcAlgorithm) => Promise<RunningCrc>;

export interface RunningCrc {
  update(bytes: Uint8Array): void;
  /** Base64 of the big-endian checksum, as S3 writes it. */
  digest(): Promise<string>;
}
