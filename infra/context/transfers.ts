import { z } from 'zod';
import { check } from '../configuration/check.ts';
import { throwConfigurationError } from '../configuration/invalid.ts';
import { checkSuffixTypes } from '../sources/filter-fields.ts';
import type { SourceProps } from '../sources/source-props.ts';
import type { TransferStackProps } from '../stacks/named-resource-props.ts';
import { valuesOf } from './context-values.ts';
import { destinationIn, settingKeys } from './destination-keys.ts';
import type { Context } from './key-fields.ts';
import { filterNames, transferKeys } from './transfer-stack-keys.ts';

const schema = z.object(transferKeys).check(checkSuffixTypes);

const settingsSchema = z.object(settingKeys);

type Values = z.output<typeof schema>;

/**
 * Returns the props of the transfers' stack from the CDK context: `-c key=value` on the command
 * line, or `context` in cdk.json.
 * @throws ConfigurationError - an unknown key, or an invalid value
 */
export function transferProps(context: Context): TransferStackProps {
  const written = valuesOf('transfers', context);
  const values = check(schema, written);
  const destination = destinationIn({ ...check(settingsSchema, written), ...values });
  const {
    sourceBuckets,
    prefixes,
    suffixes,
    mediaTypes,
    minSize,
    sources,
    sendTimeoutSeconds: sendTimeout,
    stepTimeoutSeconds: stepTimeout,
    noProgressSeconds: noProgress,
    uploadReplySeconds: uploadReply,
    destination: _,
    stackName,
    ...others
  } = values;
  const times = { sendTimeout, stepTimeout, noProgress, uploadReply };
  const all = [...(sources ?? []), ...filteredBuckets(values)];
  return {
    ...others,
    ...times,
    ...(destination && { destination }),
    ...(stackName !== undefined && { stackName }),
    ...(all.length > 0 && { sources: all }),
  };
}

/** Returns a source for each of `sourceBuckets`, with the filters that apply to all of them. */
function filteredBuckets(values: Values): SourceProps[] {
  const { sourceBuckets = [], prefixes, suffixes, mediaTypes, minSize } = values;
  const filter = filterNames.find((name) => values[name] !== undefined);
  if (filter && sourceBuckets.length === 0) {
    throwConfigurationError(
      `Missing sourceBuckets: ${filter} is set. Or set ${filter} for each source in sources`,
    );
  }
  return sourceBuckets.map((bucket) => ({ bucket, prefixes, suffixes, mediaTypes, minSize }));
}
