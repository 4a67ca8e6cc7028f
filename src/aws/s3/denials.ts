import { textField } from '#src/aws/sdk-failure.ts';

/** A read that was denied. */
export interface DeniedRead {
  /** The object, as messages name it. */
  readonly object: string;
  /** Whether the read named a version. */
  readonly isVersioned: boolean;
  /** Whether the object is known to exist: without s3:ListBucket, S3 denies what is missing. */
  readonly isKnown: boolean;
  /** The KMS key of the object, where S3 named it. */
  readonly kmsKey?: string | undefined;
}

/**
 * Names the denied action, the object, and the cause where S3 names it.
 * @param error - what the SDK threw; its whole message is read, as action and cause come late in it
 * @param said - the error in one bounded line
 */
export function describeDenial(error: unknown, said: string, read: DeniedRead): string {
  const message = `${textField(error, 'name') ?? ''} ${textField(error, 'message') ?? ''}`;
  const { object, isKnown } = read;
  const unknown = isKnown
    ? ''
    : ', or the object does not exist: without s3:ListBucket, S3 does not say which';
  const cause = namedCause(message);
  return `S3 denies ${deniedAction(message, read)} on ${object}${unknown}${cause} (${said})`;
}

/** An action or ARN of KMS, or its name in S3's prose; a role may have the letters in its own. */
const aboutKms = /\bkms:\w|\bKMS\b/;

/** A key or an alias of one, as S3 names it in a refusal. */
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
  // S3's bare "Access Denied" stands for either.
  const isOpen = named === undefined && kmsKey !== undefined;
  return isOpen ? `${action}, or kms:Decrypt with the key ${kmsKey},` : action;
}

/** IAM's words for what denied a request, by where to look. */
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
