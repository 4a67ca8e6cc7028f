import {
  describeSdkFailure,
  replyHeader,
  type SdkFailure,
  safeCause,
  sdkFailure,
  textField,
} from '#src/aws/sdk-failure.ts';
import type { ErrorName } from '#src/core/errors/error-lookup.ts';
import { nameMeans } from '#src/core/errors/error-meanings.ts';
import { isTransferError, TransferError } from '#src/core/errors/transfer-error.ts';
import type { SourceObject, SourceReference } from '#src/core/source/source-object.ts';
import { isTransientStatus } from '#src/http/status-codes.ts';
import { isThrottlingCode, isTransientCode } from '#src/http/storage-codes.ts';
import { describeDenial } from './denials.ts';
import { requestRegionOf } from './request-region.ts';
import { signingFault } from './signing-faults.ts';

/** Characters of an address in a message; S3 allows keys of 1,024 bytes. */
const maxShownCharacters = 256;

/** Returns an object's name for messages: `"s3://bucket/key"`, quoted as JSON, bounded, with its version. */
export function nameOfObject({ bucket, key, versionId }: SourceReference): string {
  const address = Array.from(`s3://${bucket}/${key}`);
  const shown = address.slice(0, maxShownCharacters).join('');
  const quoted = JSON.stringify(address.length > maxShownCharacters ? `${shown}…` : shown);
  return versionId === undefined ? quoted : `${quoted}, version ${JSON.stringify(versionId)}`;
}

/** Returns true if S3 or the connection failed: the same request may succeed later. */
export function isS3Unavailable({ name, status, wasSent }: SdkFailure): boolean {
  if (status === undefined) return wasSent;
  return isTransientStatus(status) || isTransientCode(name) || signingFault(name) === 'clock';
}

function isThrottle({ name, status }: SdkFailure): boolean {
  return status === 503 || status === 429 || isThrottlingCode(name);
}

/**
 * Translates an error with an XML code of S3, or without a reply. A HEAD's error has no code: pass it to
 * `explainStatus` first.
 */
export function explainS3Failure(
  error: unknown,
  reference: SourceReference | SourceObject,
): TransferError {
  if (isTransferError(error)) return error;
  const failure = sdkFailure(error);
  const [name, message] = explain(failure, error, reference);
  return new TransferError(name, message, {
    cause: safeCause(error),
    status: failure.status,
    origin: 'source',
    isThrottle: isThrottle(failure),
    isContainerMissing: nameMeans(name, 'sourceMissing') && isContainerMissing(failure),
  });
}

/** Codes about the object itself. A 404 with another code, or without one, may be about the bucket. */
const objectCodes = new Set(['NoSuchKey', 'NoSuchVersion', 'InvalidArgument']);

function isContainerMissing({ name, status }: SdkFailure): boolean {
  return status !== 405 && !objectCodes.has(name);
}

/** Translates an error by its status; undefined if only a GET can find S3's reason. */
export function explainStatus(
  error: unknown,
  reference: SourceReference,
): TransferError | undefined {
  const { status } = sdkFailure(error);
  const isClear =
    status === undefined || isTransientStatus(status) || status >= 500 || clearStatuses.has(status);
  return isClear ? explainS3Failure(error, reference) : undefined;
}

const clearStatuses = new Set([301, 307, 405]);

function explain(
  failure: SdkFailure,
  error: unknown,
  reference: SourceReference | SourceObject,
): readonly [ErrorName, string] {
  const object = nameOfObject(reference);
  const summary = describeSdkFailure(failure);
  if (isS3Unavailable(failure) || isClockCorrected(error)) {
    return ['SourceUnavailableError', unavailableText(failure, error, object)];
  }
  if (!failure.wasSent) return ownRejection(failure, object);
  const signing = signingError(failure, object);
  if (signing) return signing;
  if (isMissing(failure)) return ['SourceNotFoundError', missingText(failure, reference)];
  if (isElsewhere(failure)) return ['SourceRegionMismatchError', elsewhereText(error, reference)];
  if (failure.name === 'InvalidObjectState') {
    return ['SourceArchivedError', `${object} is archived and not restored: ${summary}`];
  }
  if (isCustomerEncrypted(failure)) return ['SourceCustomerEncryptedError', sseCText(object)];
  if (isDenied(failure)) return denied(failure, error, reference);
  return ['InvalidInputError', `S3 rejected the read of ${object}: ${summary}`];
}

/** Returns true if the SDK has corrected its clock by the date of this reply. */
function isClockCorrected(error: unknown): boolean {
  const { $metadata } = error as { $metadata?: { clockSkewCorrected?: unknown } };
  return $metadata?.clockSkewCorrected === true;
}

function unavailableText(failure: SdkFailure, error: unknown, object: string): string {
  const summary = describeSdkFailure(failure);
  const isClock = signingFault(failure.name) === 'clock' || isClockCorrected(error);
  return isClock
    ? `Reading ${object} failed: this machine's clock differs from S3's. The next attempt uses S3's time (${summary})`
    : `Reading ${object} failed: ${summary}`;
}

function signingError(
  failure: SdkFailure,
  object: string,
): readonly [ErrorName, string] | undefined {
  const summary = describeSdkFailure(failure);
  switch (signingFault(failure.name)) {
    case 'signature':
      return [
        'SourceSignatureRejectedError',
        `S3 rejected the signature of the request for ${object}: ${summary}`,
      ];
    case 'credentials': {
      const flaw = /expired/i.test(failure.name) ? 'have expired' : 'were rejected';
      return [
        'SourceCredentialsRejectedError',
        `The AWS credentials for reading ${object} ${flaw}: ${summary}`,
      ];
    }
    default:
      return undefined;
  }
}

function ownRejection(failure: SdkFailure, object: string): readonly [ErrorName, string] {
  const message = `The request for ${object} was not sent: ${describeSdkFailure(failure)}`;
  const isAboutInput = /bucket|\bkey\b|\barn\b/i.test(`${failure.name} ${failure.message}`);
  return [isAboutInput ? 'InvalidInputError' : 'ConfigurationError', message];
}

function isMissing({ name, status, message }: SdkFailure): boolean {
  if (name === 'InvalidArgument') return /version/i.test(message);
  return status === 404 || status === 405;
}

/** Codes for a missing bucket, or for a missing access point in a bucket's place. */
export const placeCodes: ReadonlySet<string> = new Set(['NoSuchBucket', 'NoSuchAccessPoint']);

function missingText({ name, status }: SdkFailure, reference: SourceReference): string {
  const object = nameOfObject(reference);
  if (status === 405) return `${object} is a delete marker: the object was deleted`;
  if (placeCodes.has(name)) return `bucket ${JSON.stringify(reference.bucket)} does not exist`;
  const subject = reference.versionId === undefined ? `object ${object}` : object;
  return objectCodes.has(name)
    ? `${subject} does not exist`
    : `${subject} or its bucket does not exist`;
}

/** S3's codes for a request in another Region than the bucket's. */
const elsewhereCodes = new Set([
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
]);

function isElsewhere({ name, status }: SdkFailure): boolean {
  return status === 301 || status === 307 || elsewhereCodes.has(name);
}

function elsewhereText(error: unknown, { bucket, region }: SourceReference): string {
  const actual = replyHeader(error, 'x-amz-bucket-region') ?? textField(error, 'Region');
  const where = `bucket ${JSON.stringify(bucket)} is in ${actual ? `Region ${actual}` : 'another Region'}`;
  if (region !== undefined) return `${where}, and its source names Region ${region}`;
  const requestRegion = requestRegionOf(error);
  return `${where}, and the request was made in ${requestRegion === undefined ? 'another' : `Region ${requestRegion}`}`;
}

/** Returns true for S3's message about an SSE-C object read without its key; the code has many causes. */
function isCustomerEncrypted({ name, message }: SdkFailure): boolean {
  return name === 'InvalidRequest' && /server.side encryption|customer|sse-c/i.test(message);
}

/** Returns the message for an object that only its owner's key can decrypt. */
export function sseCText(object: string): string {
  return `${object} is encrypted with a customer-provided key (SSE-C), which S3 requires in every request.`;
}

function isDenied({ name, status }: SdkFailure): boolean {
  return status === 403 || name.startsWith('KMS');
}

/** Returns the error of a denied read; the source's `waitWhileDenied` option decides if it is temporary. */
function denied(
  failure: SdkFailure,
  error: unknown,
  reference: SourceReference | SourceObject,
): readonly [ErrorName, string] {
  const name =
    reference.waitWhileDeniedSeconds === undefined
      ? 'SourceAccessDeniedError'
      : 'SourceDeniedForNowError';
  const read = {
    object: nameOfObject(reference),
    isVersioned: reference.versionId !== undefined,
    isKnown: 'etag' in reference,
    kmsKey: 'kmsKey' in reference ? reference.kmsKey : undefined,
  };
  return [name, describeDenial(error, describeSdkFailure(failure), read)];
}
