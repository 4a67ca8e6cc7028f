import { z } from 'zod';
import { check } from '../configuration/check.ts';
import type { SourceAccountStackProps } from '../stacks/source-account-stack.ts';
import { valuesOf } from './context-values.ts';
import type { Context } from './key-fields.ts';
import { sourceAccountKeys } from './source-account-stack-keys.ts';

const schema = z.object(sourceAccountKeys);

/**
 * Returns the props of the source account's stack from the CDK context.
 * @throws ConfigurationError - an unknown or missing key, or an invalid value
 */
export function sourceAccountProps(context: Context): SourceAccountStackProps {
  const { sourceBuckets, ...others } = check(schema, valuesOf('source-account', context));
  return { buckets: sourceBuckets, ...others };
}
