import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { z } from 'zod';
import { maxDeniedSeconds, minDeniedSeconds } from '#src/core/limits/limits.ts';
import { kmsKeyArn } from '../configuration/arn-fields.ts';
import {
  cdkObject,
  deployTimeText,
  duration,
  invalidAt,
  oneOf,
  trueOrFalse,
  wholeNumber,
} from '../configuration/fields.ts';
import { bucketOrName, checkAccessPointRegion } from './bucket-field.ts';
import { checkSizes, checkSuffixTypes, mediaTypes, prefixes, suffixes } from './filter-fields.ts';

/** Bounds of the time for which a denied read is retried. */
export const deniedBounds = { least: minDeniedSeconds, most: maxDeniedSeconds };

/** AWS's form of a Region in every partition: `us-gov-east-1`, `eusc-de-east-1`. */
const regionForm = /^[a-z][a-z0-9]*(-[a-z0-9]+)*-[a-z]+-\d+$/;

export const sameContent = () => oneOf(['transfer', 'reuse']);

/** The fields of a source that the context writes in the same way. */
export const sourceFields = {
  account: deployTimeText(/^\d{12}$/, 'must be 12 digits')
    .optional()
    .meta({
      description:
        "The account that owns the bucket: an entry of `sourceAccounts`, unless it is the stack's own.",
      default: "the stack's own",
    }),
  region: deployTimeText(regionForm, 'must be a Region such as eu-west-1').optional().meta({
    description:
      "The bucket's Region. Events of another Region arrive through a forwarding rule there: deploy the source account's stack in that Region, for a bucket of this account with `readerRole=false`.",
    default: "the stack's own",
  }),
  prefixes,
  suffixes,
  mediaTypes,
  minSize: wholeNumber(0).optional().meta({
    description: 'Smaller objects are ignored, in bytes.',
    default: '0',
  }),
  maxSize: wholeNumber(1).optional().meta({
    description: 'Larger objects are ignored, in bytes.',
    default: 'no bound',
  }),
  sameContent: sameContent().optional().meta({
    description:
      '`reuse`: a new version with the bytes of an earlier version uses its asset again, if digests prove the same bytes. `transfer`: each version becomes an asset of its own.',
    default: "the stack's `sameContent`",
  }),
  kmsKeyArn: kmsKeyArn().optional().meta({
    description:
      'ARN of the KMS key that encrypts the objects. Its policy must allow the statement in the output `KeyPolicyStatement`.',
    default: 'none',
  }),
  requestPayer: trueOrFalse().optional().meta({
    description:
      "Accepts the charges in every read, as buckets with Requester Pays require. The stack's account pays for the requests and the transfer.",
    default: '`false`',
  }),
  switchOnEvents: trueOrFalse().optional().meta({
    description:
      "Switches the bucket's events to EventBridge on, by a function of the CDK that keeps the other notification settings. For buckets of the stack's account and Region only.",
    default: "`false`: the bucket's settings are never changed",
  }),
};

/** What `waitWhileDenied` does; the context sets it in seconds. */
export const deniedReference = {
  description:
    'How long a denied read is retried before it fails the transfer: for buckets whose objects cannot be read until a scan or an approval has ended.',
  default: 'a denial is final',
};

/** A bucket, and which of its objects are transferred when they appear. */
export const sourceProps = z
  .object({
    bucket: bucketOrName().meta({
      description:
        'An existing bucket, or its name, which may be a token. Its EventBridge switch must be on. An access point, by its ARN or alias, has no events: start its objects by hand.',
    }),
    ...sourceFields,
    encryptionKey: cdkObject<IKey>('IKey').optional().meta({
      description: 'The key that encrypts the objects. Set this or `kmsKeyArn`.',
      default: "the bucket's own, if the bucket construct knows it",
    }),
    waitWhileDenied: duration(deniedBounds).optional().meta(deniedReference),
  })
  .check(checkSizes, checkSuffixTypes, checkAccessPointRegion, ({ value, issues }) => {
    if (!value.encryptionKey || !value.kmsKeyArn) return;
    const must = 'must not be set together with encryptionKey. Use one of them';
    issues.push(invalidAt(['kmsKeyArn'], value.kmsKeyArn, must));
  });

/** Props of a source; docs/configuration.md describes each. */
export type SourceProps = Readonly<z.input<typeof sourceProps>>;

/** What happens to a new version that holds the bytes of an earlier version. */
export type SameContent = 'transfer' | 'reuse';

/** Returns the bucket's name, which may be a token. */
export function nameOfBucket(bucket: IBucket | string): string {
  return typeof bucket === 'string' ? bucket : bucket.bucketName;
}
