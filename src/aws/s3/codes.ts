/** What S3's statuses, and its codes about signing, say about trying again. */

/** Codes for a request whose time is not S3's. The SDK corrects its clock by the reply's date. */
const clockCodes: ReadonlySet<string> = new Set([
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
]);

/** Codes for a wrong signature. The SDK classes them as clock skew, and a wrong key gives them too. */
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

/** Statuses below 500 that pass by themselves. */
const transientStatuses: ReadonlySet<number> = new Set([408, 409, 423, 425, 429]);

/** 501 and 505 say that the server does not know such a request at all. */
const finalServerStatuses: ReadonlySet<number> = new Set([501, 505]);

/** Returns true where the status alone says that the same request may pass later. */
export function isTransientStatus(status: number): boolean {
  if (status >= 500) return !finalServerStatuses.has(status);
  return transientStatuses.has(status);
}

/** What a refusal says about how a request was signed, if it says anything about that. */
export function signingFault(code: string): 'clock' | 'signature' | 'credentials' | undefined {
  if (clockCodes.has(code)) return 'clock';
  if (signatureCodes.has(code)) return 'signature';
  return credentialCodes.has(code) ? 'credentials' : undefined;
}
