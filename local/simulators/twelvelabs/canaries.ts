/**
 * Twelve hexadecimal digits that are in every secret this simulator takes or gives out, and in nothing
 * else: whoever searches a text for them finds any of those secrets, whole or cut, without a list.
 */
export const canaryMark = '0ca9a25ec2e7';

/** What follows the mark, two digits: which kind of secret it is. */
export const canaryTags = {
  apiKey: 'a0',
  signature: 'b0',
  securityToken: 'b1',
  pathNonce: 'b2',
  credential: 'b3',
} as const;

/** The beginning of a secret of that kind, hexadecimal as a signature is; what makes it unique follows. */
export function canary(kind: keyof typeof canaryTags): string {
  return canaryMark + canaryTags[kind];
}

/**
 * The key that is taken where none is given. It does not look like a key, so that no pattern can
 * hide it, and changes when a URL, a form or HTML quotes it.
 */
export const simulatedApiKey = `ferry+pass/${canary('apiKey')}&=`;
