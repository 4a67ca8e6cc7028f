import type { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { SourceReference } from '#src/core/source/source-object.ts';
import { addressOf } from './address.ts';

/**
 * Tells the causes of a denied read apart, by reads that differ in one thing each.
 * @returns what to do about the causes that are left; undefined if no read rules any out
 */
export async function diagnoseDenial(
  client: S3Client,
  reference: SourceReference,
): Promise<string | undefined> {
  const { versionId: _, ...latest } = reference;
  if (await canRead(client, latest)) {
    return "A read without a version passes: only s3:GetObjectVersion is denied. Check the bucket's policy, then the organization's policies (SCP, RCP).";
  }
  if (!reference.requestPayer && (await canRead(client, { ...latest, requestPayer: true }))) {
    return 'A read passes if the requester pays: set requestPayer for this source and deploy.';
  }
  const kmsKey = await kmsKeyOf(client, latest);
  return kmsKey && keyAdvice(kmsKey, reference);
}

/** In another account, the stack there grants the key to the reader role. */
function keyAdvice(key: string, { account }: SourceReference): string {
  const denied = `HEAD passes but GET does not: kms:Decrypt is denied for ${key}.`;
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

/** The key of an object whose HEAD passes; asking for its checksum would need the key. */
async function kmsKeyOf(client: S3Client, reference: SourceReference): Promise<string | undefined> {
  try {
    return (await client.send(new HeadObjectCommand(addressOf(reference)))).SSEKMSKeyId;
  } catch {
    return undefined;
  }
}
