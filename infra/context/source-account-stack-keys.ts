import { z } from 'zod';
import { referenceOf } from '../configuration/reference.ts';
import { sourceAccountFields as fields } from '../source-account/source-account-props.ts';
import { listKey, splitText, switchKey, textKey } from './key-fields.ts';

/** A required key, by the prop that it sets. */
function requiredKey<S extends z.ZodType>(field: S, convert = (value: unknown) => value) {
  const { description } = referenceOf(field);
  return z
    .preprocess((value) => (value === '' ? undefined : convert(value)), field)
    .meta({ description });
}

/** The keys of the source account's stack. */
export const sourceAccountKeys = {
  busArn: requiredKey(fields.busArn),
  sourceBuckets: requiredKey(fields.buckets, splitText),
  externalId: textKey(fields.externalId),
  prefixes: listKey(fields.prefixes),
  readerRole: switchKey(fields.readerRole),
  readerRoleName: textKey(fields.readerRoleName),
  readerPrincipalArns: listKey(fields.readerPrincipalArns),
  transferAccount: textKey(fields.transferAccount),
  kmsKeyArns: listKey(fields.kmsKeyArns),
  alarmEmail: textKey(fields.alarmEmail),
};
