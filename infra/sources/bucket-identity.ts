import { createHash } from 'node:crypto';
import { Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * What tells a bucket from every other: its name or, if that is known only after deployment, a hash
 * of how the name is written. The same in each synthesis, and for two tokens that are written alike,
 * such as two imports of one export.
 */
export function identityOfBucket(scope: IConstruct, bucket: string): string {
  if (!Token.isUnresolved(bucket)) return bucket;
  // The logical ids of two stacks may be alike; addresses in the construct tree are not.
  const referred = Tokenization.reverseString(bucket)
    .tokens.filter(Reference.isReference)
    .map(({ target }) => target.node.addr);
  const written = JSON.stringify([Stack.of(scope).resolve(bucket), referred]);
  return `Token${createHash('sha256').update(written).digest('hex').slice(0, 16)}`;
}

/** A bucket in a message. */
export function labelOfBucket(bucket: string): string {
  return Token.isUnresolved(bucket) ? '(name known after deployment)' : bucket;
}
