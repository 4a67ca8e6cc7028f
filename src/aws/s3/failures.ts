import {
  bareCause,
  describeSdkFailure,
  replyHeader,
  type SdkFailure,
  sdkFailure,
  textField,
} from '#src/aws/sdk-failure.ts';
import { type ErrorName, isTransferError, TransferError } from '#src/core/errors/errors.ts';
import type { SourceObject, SourceReference } from '#src/core/source/source-object.ts';
import { isThrottlingCode, isTransientCode } from '#src/http/storage-codes.ts';
import { regionAskedIn } from './asked-region.ts';
import { isTransientStatus, signingFault } from './codes.ts';
import { describeDenial } from './denials.ts';

/** Enough of a key to know it by; S3 allows 1,024 bytes. */
const maxShownCharacters = 256;

/** How messages name an object: `"s3://bucket/key"`, quoted as JSON, bounded, with its version. */
export function nameOfObject({ bucket, key, versionId }: SourceReference): string {
  const address = Array.from(`s3://${bucket}/${key}`);
  const shown = address.slice(0, maxShownCharacters).join('');
  const quoted = JSON.stringify(address.length > maxShownCharacters ? `${shown}…` : shown);
  return versionId === undefined ? quoted : `${quoted}, version ${JSON.stringify(versionId)}`;
}

/** Returns true where S3 or the way to it failed, so that the same request may pass later. */
export function isS3Unavailable({ name, status, wasSent }: SdkFailure): boolean {
  if (status === undefined) return wasSent;
  return isTransientStatus(status) || isTransientCode(name) || signingFault(name) === 'clock';
}

function isThrottle({ name, status }: SdkFailure): boolean {
  return status === 503 || status === 429 || isThrottlingCode(name);
}

/**
 * Our error for one that S3's own XML code explains, or that never got a reply. A HEAD has no such
 * code: judge it by status first, see `explainStatus`.
 */
export function explainS3Failure(
  error: unknown,
  reference: SourceReference | SourceObject,
): TransferError {
  if (isTransferError(error)) return error;
  const failure = sdkFailure(error);
  const [name, message] = explain(failure, error, reference);
  return new TransferError(name, message, {
    cause: bareCause(error),
    status: failure.status,
    origin: 'source',
    isThrottle: isThrottle(failure),
    isPlaceMissing: name === 'SourceNotFoundError' && isPlaceMissing(failure),
  });
}

/** Codes about the object itself. A 404 with another one, or none, may be about the bucket. */
const objectCodes = new Set(['NoSuchKey', 'NoSuchVersion', 'InvalidArgument']);

function isPlaceMissing({ name, status }: SdkFailure): boolean {
  return status !== 405 && !objectCodes.has(name);
}

/** Our error where the status alone says enough; otherwise a GET must be asked for S3's reason. */
export function explainStatus(
  error: unknown,
  reference: SourceReference,
): TransferError | undefined {
  const { status } = sdkFailure(error);
  const saysEnough =
    status === undefined || isTransientStatus(status) || status >= 500 || clearStatuses.has(status);
  return saysEnough ? explainS3Failure(error, reference) : undefined;
}

const clearStatuses = new Set([301, 307, 405]);

function explain(
  failure: SdkFailure,
  error: unknown,
  reference: SourceReference | SourceObject,
): readonly [ErrorName, string] {
  const object = nameOfObject(reference);
  const said = describeSdkFailure(failure);
  if (isS3Unavailable(failure) || isClockCorrected(error)) {
    return ['SourceUnavailableError', unavailableText(failure, error, object)];
  }
  if (!failure.wasSent) return ownRejection(failure, object);
  const signing = refusedSigning(failure, object);
  if (signing) return signing;
  if (isMissing(failure)) return ['SourceNotFoundError', missingText(failure, reference)];
  if (isElsewhere(failure)) return ['SourceRegionMismatchError', elsewhereText(error, reference)];
  if (failure.name === 'InvalidObjectState') {
    return ['SourceArchivedError', `${object} is archived and not restored: ${said}`];
  }
  if (isCustomerEncrypted(failure)) return ['SourceCustomerEncryptedError', sseCText(object)];
  if (isDenied(failure)) return denied(failure, error, reference);
  return ['InvalidInputError', `S3 refuses to read ${object}: ${said}`];
}

/** The SDK marks a refused request after which it corrected its clock by the reply's date. */
function isClockCorrected(error: unknown): boolean {
  const { $metadata } = error as { $metadata?: { clockSkewCorrected?: unknown } };
  return $metadata?.clockSkewCorrected === true;
}

function unavailableText(failure: SdkFailure, error: unknown, object: string): string {
  const said = describeSdkFailure(failure);
  const isClock = signingFault(failure.name) === 'clock' || isClockCorrected(error);
  return isClock
    ? `can't read ${object}: this machine's clock is not S3's; the next try uses S3's time (${said})`
    : `can't read ${object}: ${said}`;
}

function refusedSigning(
  failure: SdkFailure,
  object: string,
): readonly [ErrorName, string] | undefined {
  const said = describeSdkFailure(failure);
  switch (signingFault(failure.name)) {
    case 'signature':
      return [
        'SourceSignatureRefusedError',
        `S3 refuses the signature of the request for ${object}: ${said}`,
      ];
    case 'credentials': {
      const what = /expired/i.test(failure.name) ? 'have expired' : 'are refused';
      return [
        'SourceCredentialsRejectedError',
        `the AWS credentials that read ${object} ${what}: ${said}`,
      ];
    }
    default:
      return undefined;
  }
}

function ownRejection(failure: SdkFailure, object: string): readonly [ErrorName, string] {
  const said = describeSdkFailure(failure);
  const aboutTheInput = /bucket|\bkey\b|\barn\b/i.test(`${failure.name} ${failure.message}`);
  return aboutTheInput
    ? ['InvalidInputError', `${object} can't be asked for: ${said}`]
    : ['ConfigurationError', `S3 can't be asked for ${object}: ${said}`];
}

function isMissing({ name, status, message }: SdkFailure): boolean {
  if (name === 'InvalidArgument') return /version/i.test(message);
  return status === 404 || status === 405;
}

/** Where the bucket itself is missing; a source may name an access point in its place. */
export const placeCodes: ReadonlySet<string> = new Set(['NoSuchBucket', 'NoSuchAccessPoint']);

function missingText({ name, status }: SdkFailure, reference: SourceReference): string {
  const object = nameOfObject(reference);
  if (status === 405) return `${object} is a delete marker: the object was deleted`;
  if (placeCodes.has(name)) return `there is no bucket ${JSON.stringify(reference.bucket)}`;
  const what = reference.versionId === undefined ? `object ${object}` : object;
  return objectCodes.has(name) ? `there is no ${what}` : `there is no ${what}, or no such bucket`;
}

/** S3's codes for a request that was made in another Region than the bucket's. */
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
  if (region !== undefined) return `${where}; its source names Region ${region}`;
  const asked = regionAskedIn(error);
  return `${where}, but was read in ${asked === undefined ? 'another' : `Region ${asked}`}`;
}

/** S3's words for an SSE-C object read without its key; the code alone has many causes. */
function isCustomerEncrypted({ name, message }: SdkFailure): boolean {
  return name === 'InvalidRequest' && /server.origin encryption|customer|sse-c/i.test(message);
}

/** What is said of an object that only its owner's key can decrypt. */
export function sseCText(object: string): string {
  return `${object} is encrypted with a customer-provided key (SSE-C), which can't be given`;
}

function isDenied({ name, status }: SdkFailure): boolean {
  return status === 403 || name.startsWith('KMS');
}

/** A read that is denied for a while is told apart by the source's own option alone. */
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
