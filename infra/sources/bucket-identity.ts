import { createHash } from 'node:crypto';
import { Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Returns a unique identity for a bucket: its name or, if the name is known only after deployment, a
 * hash of the expression. It is the same in each synthesis, and for two equal expressions, such as
 * two imports of one export.
 */
export function identityOfBucket(scope: IConstruct, bucket: string): string {
  if (!Token.isUnresolved(bucket)) return bucket;
  // Logical ids of two stacks may be equal; addresses in the construct tree are unique.
  const referred = Tokenization.reverseString(bucket)
    .tokens.filter(Reference.isReference)
    .map(({ target }) => target.node.addr);
  const written = JSON.stringify([Stack.of(scope).resolve(bucket), referred]);
  return `Token${createHash('sha256').update(written).digest('hex').slice(0, 16)}`;
}

/** Returns a bucket's name for a message. */
export function labelOfBucket(bucket: string): string {
  return Token.isUnresolved(bucket) ? '(name known after deployment)' : JSON.stringify(bucket);
}

/** Returns the call that added a source, as a message shows it: `addSource("films")`. */
export function labelOfCall(bucket: unknown): string {
  return typeof bucket === 'string' && !Token.isUnresolved(bucket)
    ? `addSource(${JSON.stringify(bucket)})`
    : 'addSource(…)';
}
