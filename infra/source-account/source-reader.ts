import { Aws } from 'aws-cdk-lib';
import { ArnPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { acknowledgeObjects } from '#infra/permissions/allow-reading.ts';
import { decryptsFor, regionOfKey } from '#infra/permissions/key-policy.ts';
import { bucketArn, objectArns } from '#infra/permissions/object-arns.ts';
import { allow } from '#infra/permissions/permissions.ts';
import { defaultReaderRoleName } from '#infra/sources/reader-role.ts';
import type { CheckedSourceAccountProps } from './source-account-props.ts';

/**
 * The role that reads the buckets' objects for Chunkferry. Its trust requires the external id, which
 * prevents another account from making Chunkferry read through this role.
 */
export class SourceReader extends Role {
  /** @param transferAccount - the account whose functions read, 12 digits */
  constructor(
    scope: Construct,
    id: string,
    transferAccount: string,
    props: CheckedSourceAccountProps,
  ) {
    super(scope, id, {
      roleName: props.readerRoleName ?? defaultReaderRoleName,
      description: 'Reads the objects of the source buckets for Chunkferry',
      assumedBy: new ArnPrincipal(
        `arn:${Aws.PARTITION}:iam::${transferAccount}:root`,
      ).withConditions(trustConditions(props)),
    });
    const buckets = props.buckets.map(bucketArn);
    const { prefixes } = props;
    const objects = props.buckets.flatMap((bucket) => objectArns({ bucket, prefixes }));
    allow(this, objects, ['s3:GetObject', 's3:GetObjectVersion']);
    allow(this, buckets, ['s3:ListBucket', 's3:GetBucketNotification']);
    for (const bucket of props.buckets) acknowledgeObjects(this, { bucket, prefixes });
    this.#allowDecrypting(props.kmsKeyArns ?? []);
  }

  /** Allows decryption through S3 only, in the key's Region. */
  #allowDecrypting(keyArns: readonly string[]): void {
    for (const arn of keyArns) {
      const region = regionOfKey(arn, Aws.REGION);
      allow(this, [arn], ['kms:Decrypt'], decryptsFor('s3', [region]));
    }
  }
}

function trustConditions({ externalId, readerPrincipalArns }: CheckedSourceAccountProps) {
  return {
    StringEquals: { 'sts:ExternalId': externalId },
    ...(readerPrincipalArns?.length && {
      ArnEquals: { 'aws:PrincipalArn': [...readerPrincipalArns] },
    }),
  };
}
