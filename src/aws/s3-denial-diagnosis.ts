import type { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { SourceReference } from '#src/core/source-object.ts';
import { addressOf } from './s3-address.ts';

/**
 * Tells the causes of a denied read apart, by reads that differ in one thing each.
 * @returns what to do first; undefined where nothing but the policies themselves can say
 */
export async function diagnoseDenial(
  client: S3Client,
  reference: SourceReference,
): Promise<string | undefined> {
  const { versionId: _, ...latest } = reference;
  if (await canRead(client, latest)) {
    return 'A read without a version passes: only s3:GetObjectVersion is denied. Look at the policy of the bucket first.';
  }
  if (!reference.requestPayer && (await canRead(client, { ...latest, requestPayer: true }))) {
    return 'A read that says the requester pays passes: set requestPayer for this source and deploy.';
  }
  const kmsKey = await kmsKeyOf(client, latest);
  return kmsKey && keyAdvice(kmsKey);
}

function keyAdvice(key: string): string {
  return `HEAD passes and no byte comes: kms:Decrypt is denied. Name the key ${key} as the source's kmsKeyArn, and add the output KeyPolicyStatement to its policy.`;
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
