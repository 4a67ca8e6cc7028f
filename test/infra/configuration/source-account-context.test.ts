import { describe, expect, it } from 'vitest';
import { sourceAccountProps } from '#infra/context/source-account.ts';
import { errorOf } from '../deployed.ts';

type Context = Record<string, unknown>;

describe("the context of the source account's stack", () => {
  const least = {
    stack: 'source-account',
    busArn: 'arn:aws:events:eu-west-1:123456789012:event-bus/intake',
    sourceBuckets: 'theirs,others',
  };

  it('becomes props', () => {
    const keys = ['1', '2'].map((id) => `arn:aws:kms:eu-west-1:123456789012:key/${id}`);
    expect(
      sourceAccountProps({
        ...least,
        externalId: 'ferry',
        kmsKeyArns: keys.join(','),
        readerRole: 'false',
      }),
    ).toEqual({
      busArn: least.busArn,
      buckets: ['theirs', 'others'],
      externalId: 'ferry',
      kmsKeyArns: keys,
      readerRole: false,
    });
  });

  it.each<[string, Context, string]>([
    ['no bus', { ...least, busArn: undefined }, 'Missing busArn: must be the output BusArn'],
    ['no buckets', { ...least, sourceBuckets: '' }, 'Missing sourceBuckets: must be set'],
    [
      'empty principals, which would trust all roles',
      { ...least, readerPrincipalArns: '' },
      'Invalid readerPrincipalArns[0] "": must be a role',
    ],
    [
      'principals with empty names, which would trust all roles',
      { ...least, readerPrincipalArns: ',' },
      'Invalid readerPrincipalArns[0] "": must be a role',
    ],
    [
      'a misspelt key',
      { ...least, busARN: 'x' },
      'Invalid context key "busARN": unknown key. Did you mean "busArn"?',
    ],
    [
      'a key of the other stack',
      { ...least, suffixes: '.mp4' },
      'Invalid context key "suffixes": must be used with stack=transfers. This is stack=source-account.',
    ],
  ])('rejects %s on one line', (_, context, message) => {
    expect(errorOf(() => sourceAccountProps(context))).toContain(`ConfigurationError: ${message}`);
  });
});
