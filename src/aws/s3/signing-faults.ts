/** Codes for a request whose time differs from S3's. The SDK corrects its clock by the reply's date. */
const clockCodes: ReadonlySet<string> = new Set([
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
]);

/** Codes for a wrong signature. The SDK treats them as clock skew; a wrong key causes them too. */
const signatureCodes: ReadonlySet<string> = new Set([
  'AuthFailure',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
]);

/** Codes for credentials that S3 rejects: expired, revoked or unknown. */
const credentialCodes: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidToken',
  'TokenRefreshRequired',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
]);

/** Returns the part of a request's signing that an error code is about, if any. */
export function signingFault(code: string): 'clock' | 'signature' | 'credentials' | undefined {
  if (clockCodes.has(code)) return 'clock';
  if (signatureCodes.has(code)) return 'signature';
  return credentialCodes.has(code) ? 'credentials' : undefined;
}
