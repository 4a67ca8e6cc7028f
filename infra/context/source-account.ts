import type { SourceAccountStackProps } from '#infra/stacks/source-account-stack.ts';
import { refuse } from '../refuse.ts';
import { checkKeys } from './keys.ts';
import { type Context, list, optionalList, text, withoutAbsent, yesOrNo } from './values.ts';

/**
 * The props of the stack in a source account, out of CDK context.
 * @throws ConfigurationError - an unknown key, one that is missing, or a value of another form
 */
export function sourceAccountProps(context: Context): SourceAccountStackProps {
  checkKeys('source-account', context);
  return {
    busArn: text(context, 'busArn') ?? missing('busArn', "the BusArn of the transfers' stack"),
    buckets:
      optionalList(context, 'sourceBuckets') ??
      missing('sourceBuckets', 'the names of the buckets'),
    ...withoutAbsent({
      prefixes: list(context, 'prefixes'),
      kmsKeyArns: list(context, 'kmsKeyArns'),
      externalId: text(context, 'externalId'),
      readerRole: yesOrNo(context, 'readerRole'),
      readerRoleName: text(context, 'readerRoleName'),
      readerPrincipalArns: list(context, 'readerPrincipalArns'),
      transferAccount: text(context, 'transferAccount'),
      alarmEmail: text(context, 'alarmEmail'),
    }),
  };
}

function missing(key: string, needed: string): never {
  return refuse('context', `stack=source-account needs ${key}: ${needed}`);
}
