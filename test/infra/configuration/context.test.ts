import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { contextKeys, stackKind } from '#infra/context/keys.ts';
import { sourceAccountProps } from '#infra/context/source-account.ts';
import { transferProps } from '#infra/context/transfers.ts';
import { synthesizeTemplate } from '#infra/synthesize.ts';
import { refusal } from '../deployed.ts';
import { rightWindow, windowFlaws } from './window-flaws.ts';

type Context = Record<string, unknown>;

const filters = { prefixes: 'in/', suffixes: '.mp4', mediaTypes: '.r3d=video', minSize: '9' };
const kmsKeyArn = 'arn:aws:kms:eu-west-1:123456789012:key/1';

/** A valid value for every key. */
const everyTransferKey: Context = {
  sourceBuckets: 'talks',
  ...filters,
  sources: [{ bucket: 'films' }],
  sameContent: 'reuse',
  sourceAccounts: [{ account: '111122223333', externalId: 'ferry' }],
  organizationId: 'o-abcdefghij',
  apiKeySecretArn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:key-AbCdEf',
  apiKeySecretKeyArn: kmsKeyArn,
  eventBusName: 'ours',
  baseUrl: 'https://example.com/v1',
  maxActiveTransfers: '5',
  transferWindow: rightWindow,
  maxSendConcurrency: '80',
  sendReservedConcurrency: '80',
  mapConcurrency: '4',
  chunksInFlight: '4',
  sendMemoryMiB: '1024',
  sendTimeoutSeconds: '600',
  stepMemoryMiB: '512',
  stepTimeoutSeconds: '60',
  noProgressSeconds: '60',
  uploadReplySeconds: '300',
  privateUploadHosts: 'true',
  maxMediaBytes: '1000',
  maxImageBytes: '1000',
  vpcId: 'vpc-01234567',
  vpcSubnetIds: 'subnet-01234567',
  securityGroupIds: 'sg-01234567',
  tableDeletionProtection: 'false',
  alarmEmail: 'ops@example.com',
};

describe('the context of the stack of transfers', () => {
  it.each<[string, Context, unknown]>([
    ['nothing leaves every default', {}, {}],
    ['empty text leaves the default', { eventBusName: '', mapConcurrency: undefined }, {}],
    [
      'a list is split at its commas',
      { sourceBuckets: 'films, talks' },
      { sources: [{ bucket: 'films' }, { bucket: 'talks' }] },
    ],
    [
      'filters hold for each bucket of the short form',
      { sourceBuckets: 'films,talks', prefixes: 'in/', suffixes: '.mp4,.mov', minSize: '9' },
      {
        sources: ['films', 'talks'].map((bucket) => ({
          bucket,
          prefixes: ['in/'],
          suffixes: ['.mp4', '.mov'],
          minSize: 9,
        })),
      },
    ],
    [
      'media types are pairs',
      { sourceBuckets: 'films', mediaTypes: '.r3d=video, .seq=image' },
      { sources: [{ bucket: 'films', mediaTypes: { '.r3d': 'video', '.seq': 'image' } }] },
    ],
    [
      'sources are read from JSON text',
      { sources: '[{"bucket":"films","suffixes":[".mp4"],"minSize":9}]' },
      { sources: [{ bucket: 'films', suffixes: ['.mp4'], minSize: 9 }] },
    ],
    [
      'sources are taken as cdk.json has them',
      { sources: [{ bucket: 'films', switchOnEvents: true }] },
      { sources: [{ bucket: 'films', switchOnEvents: true }] },
    ],
    [
      'the options of reading are read from JSON text',
      { sources: '[{"bucket":"films","requestPayer":true,"waitWhileDeniedSeconds":3600}]' },
      {
        sources: [
          { bucket: 'films', requestPayer: true, waitWhileDenied: Duration.seconds(3_600) },
        ],
      },
    ],
    [
      'both forms of sources go together',
      { sources: [{ bucket: 'films' }], sourceBuckets: 'talks' },
      { sources: [{ bucket: 'films' }, { bucket: 'talks' }] },
    ],
    [
      'source accounts are read from JSON text',
      { sourceAccounts: '[{"account":"111122223333","externalId":"ferry"}]' },
      { sourceAccounts: [{ account: '111122223333', externalId: 'ferry' }] },
    ],
    ['times are seconds', { sendTimeoutSeconds: '600' }, { sendTimeout: Duration.seconds(600) }],
    [
      'the time for the reply to a chunk is seconds too',
      { uploadReplySeconds: 120 },
      { uploadReply: Duration.seconds(120) },
    ],
    [
      'truth is written out',
      { tableDeletionProtection: 'false', privateUploadHosts: 'true' },
      { tableDeletionProtection: false, privateUploadHosts: true },
    ],
    [
      'the transfer window is read from JSON text',
      { transferWindow: JSON.stringify(rightWindow) },
      { transferWindow: rightWindow },
    ],
    [
      'the transfer window is taken as cdk.json has it',
      { transferWindow: { ...rightWindow, underWay: 'stop' } },
      { transferWindow: { ...rightWindow, underWay: 'stop' } },
    ],
    [
      "the CDK's own keys pass",
      {
        '@aws-cdk/aws-iam:minimizePolicies': true,
        'aws:cdk:bundling-stacks': [],
        'availability-zones:account=1:region=eu-west-1': [],
        'acknowledged-issue-numbers': [1],
        'cli-telemetry': false,
      },
      {},
    ],
  ])('%s', (_, context, props) => {
    expect(transferProps(context)).toEqual(props);
  });

  it.each<[string, Context, string]>([
    [
      'a misspelt key',
      { sourceBucket: 'films' },
      'Invalid context key "sourceBucket": unknown key. Did you mean "sourceBuckets"?',
    ],
    [
      'a misspelt number',
      { maxActiveTransfer: '5' },
      'Invalid context key "maxActiveTransfer": unknown key. Did you mean "maxActiveTransfers"?',
    ],
    ...(
      [
        ['requestPayer', 'true'],
        ['waitWhileDeniedSeconds', '3600'],
        ['maxSize', '3600'],
        ['switchOnEvents', 'true'],
        ['kmsKeyArn', '"…"'],
        ['region', '"…"'],
        ['account', '"…"'],
      ] as const
    ).map(([key, value]): [string, Context, string] => [
      `${key} outside a source`,
      { [key]: 'x' },
      `Invalid context key "${key}": must be a field of sources. Use -c sources='[{"bucket":"…","${key}":${value}}]'`,
    ]),
    [
      'a key of the other stack',
      { busArn: 'arn' },
      'Invalid context key "busArn": must be used with stack=source-account. This is stack=transfers.',
    ],
    [
      'a number that is none',
      { mapConcurrency: 'banana' },
      'Invalid mapConcurrency "banana": must be a whole number from 1 to 40.',
    ],
    [
      'a truth in place of a number',
      { mapConcurrency: true },
      'Invalid mapConcurrency true: must be a whole number from 1 to 40.',
    ],
    [
      'a payer that is no truth',
      { sources: [{ bucket: 'films', requestPayer: 'requester' }] },
      'Invalid sources[0].requestPayer "requester": must be true or false.',
    ],
    [
      'a time of no whole seconds',
      { sources: [{ bucket: 'films', waitWhileDeniedSeconds: 1.5 }] },
      'Invalid sources[0].waitWhileDeniedSeconds 1.5: must be 60 to 86,400 whole seconds.',
    ],
    [
      'a time that is too short',
      { sources: [{ bucket: 'films', waitWhileDeniedSeconds: 5 }] },
      'Invalid sources[0].waitWhileDeniedSeconds 5: must be 60 to 86,400 whole seconds.',
    ],
    [
      'a time in words',
      { sources: [{ bucket: 'films', waitWhileDeniedSeconds: '1h' }] },
      'Invalid sources[0].waitWhileDeniedSeconds "1h": must be 60 to 86,400 whole seconds.',
    ],
    [
      'a transfer window that is no JSON',
      { transferWindow: '22:00-06:00' },
      'Invalid transferWindow "22:00-06:00": must be an object.',
    ],
    [
      'a transfer window that is a list',
      { transferWindow: '["22:00","06:00"]' },
      'Invalid transferWindow ["22:00","06:00"]: must be an object.',
    ],
    [
      'a transfer window without a time zone',
      { transferWindow: { from: '22:00', to: '06:00' } },
      'Missing transferWindow.timeZone: must be text.',
    ],
    [
      'a transfer window with a misspelt field',
      { transferWindow: { ...rightWindow, timezone: 'UTC' } },
      'Invalid transferWindow key "timezone": unknown key. Did you mean "timeZone"?',
    ],
    [
      'a transfer window whose time is a number',
      { transferWindow: { ...rightWindow, from: 22 } },
      'Invalid transferWindow.from 22: must be text.',
    ],
    [
      'a broken number',
      { mapConcurrency: 1.5 },
      'Invalid mapConcurrency 1.5: must be a whole number from 1 to 40.',
    ],
    [
      'a list of nothing, which would take every object',
      { sourceBuckets: 'films', suffixes: ',' },
      'Invalid suffixes[0] "": must have its dot. Use ".mp4".',
    ],
    [
      'a list of nothing at all, as an unset variable leaves it',
      { sourceBuckets: 'films', suffixes: '' },
      'Invalid suffixes[0] "": must have its dot. Use ".mp4".',
    ],
    [
      'a media type without its suffix',
      { sourceBuckets: 'films', mediaTypes: 'video' },
      'Invalid mediaTypes "video": must be comma-separated pairs such as .r3d=video, each suffix once.',
    ],
    [
      'a suffix with two media types',
      { sourceBuckets: 'films', mediaTypes: '.r3d=video,.r3d=image' },
      'Invalid mediaTypes ".r3d=video,.r3d=image": must be comma-separated pairs',
    ],
    [
      'media types of another form',
      { sources: [{ bucket: 'films', mediaTypes: ['.r3d'] }] },
      'Invalid sources[0].mediaTypes [".r3d"]: must be an object such as {".r3d":"video"}.',
    ],
    [
      'buckets of no name',
      { sourceBuckets: ',' },
      'Invalid sourceBuckets[0] "": must be a bucket name',
    ],
    [
      'an empty entry',
      { sourceBuckets: 'films', prefixes: 'in/,,' },
      'Invalid prefixes[1] "": must not be empty. Omit prefixes to take any key.',
    ],
    [
      'an empty JSON array',
      { sourceBuckets: [] },
      'Invalid sourceBuckets []: must have at least one entry.',
    ],
    [
      'a list of no texts',
      { sourceBuckets: [1] },
      'Invalid sourceBuckets[0] 1: must be the name of a bucket.',
    ],
    [
      'a bucket that is named twice',
      { sourceBuckets: 'abc,abc' },
      'Invalid sourceBuckets[1] "abc": must be listed once.',
    ],
    [
      'a negative size',
      { sourceBuckets: 'films', minSize: '-1' },
      'Invalid minSize "-1": must be a whole number of at least 0.',
    ],
    [
      'neither true nor false',
      { tableDeletionProtection: 'no' },
      'Invalid tableDeletionProtection "no": must be true or false.',
    ],
    [
      'filters without buckets',
      { suffixes: '.mp4' },
      'Missing sourceBuckets: suffixes is set. Or set suffixes for each source in sources.',
    ],
    ['sources that are no JSON', { sources: '[{' }, 'Invalid sources "[{": must be a JSON array.'],
    ['sources that are no array', { sources: '{}' }, 'Invalid sources {}: must be a JSON array.'],
    [
      'a source that is no object',
      { sources: ['films'] },
      'Invalid sources[0] "films": must be an object.',
    ],
    [
      'a misspelt field of a source',
      { sources: [{ bucket: 'films' }, { bucket: 'talks', sufixes: ['.mp4'] }] },
      'Invalid sources[1] key "sufixes": unknown key. Did you mean "suffixes"?',
    ],
    [
      'a field of another form',
      { sources: [{ bucket: 'films', prefixes: 'in/' }] },
      'Invalid sources[0].prefixes "in/": must be a list.',
    ],
    [
      'a source without a bucket',
      { sources: [{}] },
      'Missing sources[0].bucket: must be the name of a bucket.',
    ],
    [
      'a source account without an external id',
      { sourceAccounts: [{ account: '111122223333' }] },
      'Missing sourceAccounts[0].externalId: must be 2 to 1,224',
    ],
  ])('refuses %s on one line', (_, context, message) => {
    const line = refusal(() => transferProps(context));
    expect(line).toContain(`ConfigurationError: ${message}`);
    expect(line).not.toContain('\n');
  });

  it('turns every key into a prop', () => {
    const props = transferProps(everyTransferKey);
    expect(Object.keys(everyTransferKey).sort()).toEqual(contextKeys.transfers.toSorted());
    const names = ['sendTimeout', 'stepTimeout', 'noProgress', 'uploadReply'];
    const renamed = contextKeys.transfers
      .filter((key) => !['sourceBuckets', ...Object.keys(filters)].includes(key))
      .map((key) => names.find((name) => key === `${name}Seconds`) ?? key);
    expect(Object.keys(props).sort()).toEqual(renamed.sort());
    expect(props.sources).toHaveLength(2);
    expect(Object.keys(props.sources?.[1] ?? {}).sort()).toEqual(
      ['bucket', ...Object.keys(filters)].sort(),
    );
  });
});

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
      'no principals at all, which would trust all',
      { ...least, readerPrincipalArns: '' },
      'Invalid readerPrincipalArns[0] "": must be a role',
    ],
    [
      'no principals, which would trust all',
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
  ])('refuses %s on one line', (_, context, message) => {
    expect(refusal(() => sourceAccountProps(context))).toContain(`ConfigurationError: ${message}`);
  });
});

describe('a transfer window by context', () => {
  it.each(windowFlaws)('%o is refused on one line', (transferWindow, flaw) => {
    const context = { transferWindow: JSON.stringify(transferWindow) };
    expect(refusal(() => synthesizeTemplate(transferProps(context)))).toBe(
      `ConfigurationError: Invalid transferWindow.${flaw}.`,
    );
  });
});

describe('the key stack', () => {
  it('chooses the stack of transfers unless it says otherwise', () => {
    expect([stackKind({}), stackKind({ stack: 'source-account' })]).toEqual([
      'transfers',
      'source-account',
    ]);
  });

  it('is refused where there is no such stack', () => {
    expect(refusal(() => stackKind({ stack: 'source' }))).toBe(
      'ConfigurationError: Invalid stack "source": must be "transfers" or "source-account".',
    );
  });
});
