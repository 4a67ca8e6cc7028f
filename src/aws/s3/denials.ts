import { textField } from '#src/aws/sdk-failure.ts';

/** A read that was denied. */
export interface DeniedRead {
  /** The object's name for messages. */
  readonly object: string;
  /** Whether the read named a version. */
  readonly isVersioned: boolean;
  /** Whether the object is known to exist. Without s3:ListBucket, S3 also denies a read of a missing object. */
  readonly isKnown: boolean;
  /** The KMS key of the object, if S3 named it. */
  readonly kmsKey?: string | undefined;
}

/**
 * Describes a denied read: the action, the object, and the cause if S3 names it.
 * @param error - the SDK's error; its message names action and cause near its end
 * @param summary - the error in one bounded line
 */
export function describeDenial(error: unknown, summary: string, read: DeniedRead): string {
  const message = `${textField(error, 'name') ?? ''} ${textField(error, 'message') ?? ''}`;
  const { object, isKnown } = read;
  const unknown = isKnown
    ? ''
    : ', or the object does not exist: without s3:ListBucket, S3 answers both the same way';
  const cause = namedCause(message);
  return `S3 denied ${deniedAction(message, read)} on ${object}${unknown}${cause} (${summary})`;
}

/** A KMS action or ARN, or the name KMS as a word: a role's name may contain its letters. */
const aboutKms = /\bkms:\w|\bKMS\b/;

/** The ARN of a key or of an alias in S3's message. */
const kmsKeyArn = /\barn:aws[\w-]*:kms:[\w-]+:\d{12}:(?:key|alias)\/[\w/-]+/;

function deniedAction(message: string, { isVersioned, kmsKey }: DeniedRead): string {
  if (aboutKms.test(message)) {
    const [key = kmsKey] = kmsKeyArn.exec(message) ?? [];
    return key === undefined
      ? "kms:Decrypt with the object's KMS key"
      : `kms:Decrypt with the key ${key}`;
  }
  const [, named] = /not authorized to perform: (s3:\w+)/.exec(message) ?? [];
  const action = named ?? (isVersioned ? 's3:GetObjectVersion' : 's3:GetObject');
  // S3's bare "Access Denied" may mean the action or the key.
  const isOpen = named === undefined && kmsKey !== undefined;
  return isOpen ? `${action}, or kms:Decrypt with the key ${kmsKey},` : action;
}

/** IAM's phrases for the policy that denied a request, with that policy's place. */
const policies: readonly (readonly [RegExp, string])[] = [
  [/resource-based polic/i, "the bucket's or the key's policy"],
  [/VPC endpoint polic/i, "the VPC endpoint's policy"],
  [/service control polic/i, "the organization's policy (SCP)"],
  [/resource control polic/i, "the organization's policy (RCP)"],
  [/permissions boundar/i, "the role's permissions boundary"],
  [/session polic/i, 'the session policy'],
  [/identity-based polic/i, 'the policy of the role or user that reads'],
];

function namedCause(message: string): string {
  const [, where] = policies.find(([words]) => words.test(message)) ?? [];
  return where === undefined ? '' : `. S3 names the cause: ${where}`;
}
