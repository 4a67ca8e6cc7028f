/**
 * Twelve hexadecimal digits that every secret of this simulator contains, and that occur nowhere else.
 * A search for them finds any of these secrets, complete or cut, without a list.
 */
export const canaryMark = '0ca9a25ec2e7';

/** The two digits after the mark: the kind of secret. */
export const canaryTags = {
  apiKey: 'a0',
  signature: 'b0',
  securityToken: 'b1',
  pathNonce: 'b2',
  credential: 'b3',
} as const;

/** Returns the hexadecimal prefix of a secret of this kind. The caller appends a unique part. */
export function canary(kind: keyof typeof canaryTags): string {
  return canaryMark + canaryTags[kind];
}

/**
 * The default API key. It does not match the usual patterns of keys, so redaction by pattern does not
 * hide a leak. Escaping for a URL, a form or HTML changes it.
 */
export const simulatedApiKey = `ferry+pass/${canary('apiKey')}&=`;
