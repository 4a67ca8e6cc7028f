import type { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { SourceReference } from '#src/core/source/source-object.ts';
import { addressOf } from './address.ts';

/**
 * Finds the cause of a denied read by further reads, each of which differs in one field.
 * @returns the next step for the remaining causes; undefined if no read excludes a cause
 */
export async function diagnoseDenial(
  client: S3Client,
  reference: SourceReference,
): Promise<string | undefined> {
  const { versionId: _, ...latest } = reference;
  if (await canRead(client, latest)) {
    return "A read without a version succeeds: only s3:GetObjectVersion is denied. Check the bucket's policy, then the organization's policies (SCP, RCP).";
  }
  if (!reference.requestPayer && (await canRead(client, { ...latest, requestPayer: true }))) {
    return 'A read succeeds if the requester pays: set requestPayer for this source and deploy.';
  }
  const kmsKey = await kmsKeyOf(client, latest);
  return kmsKey && keyAdvice(kmsKey, reference);
}

/** Returns the next step for a denied key. In another account, that account's stack grants the key. */
function keyAdvice(key: string, { account }: SourceReference): string {
  const denied = `HEAD succeeds and GET fails: kms:Decrypt is denied for ${key}.`;
  return account === undefined
    ? `${denied} If kmsKeyArn of the source does not name this key, set it and deploy. Then add the output KeyPolicyStatement to the key's policy.`
    : `${denied} Add it to kmsKeyArns of the source-account stack in ${account} and deploy that stack. Then add its output KeyPolicyStatement to the key's policy.`;
}

async function canRead(client: S3Client, reference: SourceReference): Promise<boolean> {
  try {
    const command = new GetObjectCommand({ ...addressOf(reference), Range: 'bytes=0-0' });
    const { Body } = await client.send(command);
    (Body as Readable | undefined)?.destroy();
    return true;
  } catch {
    return false;
  }
}

/** Returns the object's KMS key if a HEAD succeeds. A HEAD for the checksum would need the key. */
async function kmsKeyOf(client: S3Client, reference: SourceReference): Promise<string | undefined> {
  try {
    return (await client.send(new HeadObjectCommand(addressOf(reference)))).SSEKMSKeyId;
  } catch {
    return undefined;
  }
}
