import type { StackProps } from 'aws-cdk-lib';
import { z } from 'zod';
import { kmsKeyArn, secretArn } from '../configuration/arn-fields.ts';
import { deployTimeText, invalidAt } from '../configuration/fields.ts';
import { type NamedNetworkProps, namedNetworkFields } from '../network/named-network.ts';
import { bucketName } from '../sources/bucket-field.ts';
import type { ChunkferryProps } from './documented-props.ts';

/** The fields that name existing resources. */
export const namedFields = {
  sourceBuckets: z.array(bucketName(), 'must be a list').readonly().default([]).meta({
    description:
      'Short for `sources` without filters: names of existing buckets in this account and Region.',
    default: 'none',
  }),
  apiKeySecretArn: secretArn().optional().meta({
    description:
      "Complete ARN of an existing secret, with its last six characters, that holds the service's API key as plain text.",
    default: 'a new secret without a value: store the key in it before the first transfer',
  }),
  apiKeySecretKeyArn: kmsKeyArn().optional().meta({
    description:
      'ARN of the customer managed KMS key that encrypts that secret. Its policy must allow the statement in the output `ApiKeyPolicyStatement`.',
    default: "none: Secrets Manager's own key",
  }),
  // EventBridge's rule for the names of buses (CreateEventBus, Name, 2026).
  eventBusName: deployTimeText(
    /^[A-Za-z0-9/._-]{1,256}$/,
    "must be a bus's name, not its ARN: 1 to 256 letters, digits or any of /._-",
  )
    .optional()
    .meta({
      description: 'Name of the existing bus that takes the events of transfers.',
      default: '`default`',
    }),
  ...namedNetworkFields,
};

/** The schema of the props that the stack adds to those of the construct. */
export const namedProps = z.object(namedFields).check(checkSecret);

interface NamedSecret {
  readonly apiKeySecretArn?: string | undefined;
  readonly apiKeySecretKeyArn?: string | undefined;
}

export function checkSecret({ value, issues }: z.core.ParsePayload<NamedSecret>): void {
  const { apiKeySecretArn, apiKeySecretKeyArn } = value;
  if (!apiKeySecretKeyArn || apiKeySecretArn) return;
  const must = 'must be set together with apiKeySecretArn, the secret that it encrypts';
  issues.push(invalidAt(['apiKeySecretKeyArn'], apiKeySecretKeyArn, must));
}

/** Props of a TransferStack: those of a CDK stack and of the construct, with existing resources by name or ARN. */
export interface TransferStackProps
  extends StackProps,
    Omit<ChunkferryProps, 'apiKeySecret' | 'eventBus'>,
    NamedNetworkProps,
    Readonly<Omit<z.input<typeof namedProps>, keyof NamedNetworkProps>> {}
