import { readFileSync } from 'node:fs';
import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { contextKeys, stackKind } from '#infra/context/keys.ts';
import { sourceAccountProps } from '#infra/context/source-account.ts';
import { transferProps } from '#infra/context/transfers.ts';
import { synthesizeTemplate } from '#infra/synthesize.ts';
import { refusal } from '../deployed.ts';
import { rightWindow, windowFlaws } from './window-flaws.ts';

type Context = Record<string, unknown>;

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
      'sourceBucket is no known key; did you mean sourceBuckets?',
    ],
    [
      'a misspelt number',
      { maxActiveTransfer: '5' },
      'maxActiveTransfer is no known key; did you mean maxActiveTransfers?',
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
      'busArn is for stack=source-account only; this is stack=transfers',
    ],
    [
      'a number that is none',
      { mapConcurrency: 'banana' },
      'mapConcurrency is "banana"; a whole number is right',
    ],
    [
      'a truth in place of a number',
      { mapConcurrency: true },
      'mapConcurrency is true; a whole number is right',
    ],
    [
      'a payer that is no truth',
      { sources: [{ bucket: 'films', requestPayer: 'requester' }] },
      'sources[0].requestPayer is "requester"; true or false is right',
    ],
    [
      'a time of no whole seconds',
      { sources: [{ bucket: 'films', waitWhileDeniedSeconds: 1.5 }] },
      'Invalid sources[0].waitWhileDeniedSeconds 1.5: must be 60 to 86,400 seconds',
    ],
    [
      'a time that is too short',
      { sources: [{ bucket: 'films', waitWhileDeniedSeconds: 5 }] },
      'Invalid sources[0].waitWhileDeniedSeconds 5: must be 60 to 86,400 seconds',
    ],
    [
      'a time in words',
      { sources: [{ bucket: 'films', waitWhileDeniedSeconds: '1h' }] },
      'sources[0].waitWhileDeniedSeconds is "1h"; a number is right',
    ],
    [
      'a transfer window that is no JSON',
      { transferWindow: '22:00-06:00' },
      'Invalid transferWindow "22:00-06:00": must be a JSON object',
    ],
    [
      'a transfer window that is a list',
      { transferWindow: '["22:00","06:00"]' },
      'transferWindow is ["22:00","06:00"]; an object is right',
    ],
    [
      'a transfer window without a time zone',
      { transferWindow: { from: '22:00', to: '06:00' } },
      'transferWindow has no timeZone; {"from":"22:00","to":"06:00"} needs one',
    ],
    [
      'a transfer window with a misspelt field',
      { transferWindow: { ...rightWindow, timezone: 'UTC' } },
      'transferWindow.timezone is no known field; did you mean timeZone?',
    ],
    [
      'a transfer window whose time is a number',
      { transferWindow: { ...rightWindow, from: 22 } },
      'transferWindow.from is 22; a text is right',
    ],
    ['a broken number', { mapConcurrency: 1.5 }, 'mapConcurrency is 1.5; a whole number is right'],
    [
      'a list of nothing, which would take every object',
      { sourceBuckets: 'films', suffixes: ',' },
      'suffixes is ","; texts between commas, or a JSON array of texts, at least one and none of them empty, are right',
    ],
    [
      'a list of nothing at all, as an unset variable leaves it',
      { sourceBuckets: 'films', suffixes: '' },
      'suffixes is ""; texts between commas,',
    ],
    [
      'a media type without its suffix',
      { sourceBuckets: 'films', mediaTypes: 'video' },
      'Invalid mediaTypes "video": must be comma-separated pairs such as .r3d=video, each name once',
    ],
    [
      'a suffix with two media types',
      { sourceBuckets: 'films', mediaTypes: '.r3d=video,.r3d=image' },
      'Invalid mediaTypes ".r3d=video,.r3d=image": must be comma-separated pairs',
    ],
    [
      'media types of another form',
      { sources: [{ bucket: 'films', mediaTypes: ['.r3d'] }] },
      'sources[0].mediaTypes is [".r3d"]; an object of texts is right',
    ],
    ['buckets of no name', { sourceBuckets: ',' }, 'sourceBuckets is ","; texts between commas,'],
    [
      'an empty entry',
      { sourceBuckets: 'films', prefixes: 'in/,,' },
      'prefixes is "in/,,"; texts between commas,',
    ],
    ['an empty JSON array', { sourceBuckets: [] }, 'sourceBuckets is []; texts between commas,'],
    ['a list of no texts', { sourceBuckets: [1] }, 'sourceBuckets is [1]; texts between commas,'],
    [
      'a bucket that is named twice',
      { sourceBuckets: 'abc,abc' },
      'sourceBuckets is "abc,abc", with "abc" twice; once is right',
    ],
    ['a negative size', { sourceBuckets: 'a', minSize: '-1' }, 'minSize is "-1"; a whole number'],
    [
      'neither true nor false',
      { tableDeletionProtection: 'no' },
      'tableDeletionProtection is "no"; true or false is right',
    ],
    [
      'filters without buckets',
      { suffixes: '.mp4' },
      'suffixes is for sourceBuckets, which is not set; in sources, each has its own',
    ],
    ['sources that are no JSON', { sources: '[{' }, 'Invalid sources "[{": must be a JSON array'],
    ['sources that are no array', { sources: '{}' }, 'sources is "{}"; a JSON array is right'],
    ['a source that is no object', { sources: ['films'] }, 'sources[0] is "films"; an object is'],
    [
      'a misspelt field of a source',
      { sources: [{ bucket: 'films' }, { bucket: 'talks', sufixes: ['.mp4'] }] },
      'sources[1].sufixes is no known field; did you mean suffixes?',
    ],
    [
      'a field of another form',
      { sources: [{ bucket: 'films', prefixes: 'in/' }] },
      'sources[0].prefixes is "in/"; a list of texts is right',
    ],
    ['a source without a bucket', { sources: [{}] }, 'sources[0] has no bucket; {} needs one'],
    [
      'a source account without an external id',
      { sourceAccounts: [{ account: '111122223333' }] },
      'sourceAccounts[0] has no externalId;',
    ],
  ])('refuses %s on one line', (_, context, message) => {
    const line = refusal(() => transferProps(context));
    expect(line).toContain(
      `ConfigurationError: ${message.startsWith('Invalid ') ? '' : 'context: '}${message}`,
    );
    expect(line).not.toContain('\n');
  });

  it('knows no key that it does not read', () => {
    const read = new Set<string>();
    const watched = new Proxy<Context>({}, { get: (_, key) => void read.add(String(key)) });
    transferProps(watched);
    expect([...read].sort()).toEqual([...contextKeys.transfers].sort());
  });
});

describe("the context of the source account's stack", () => {
  const least = {
    stack: 'source-account',
    busArn: 'arn:aws:events:eu-west-1:123456789012:event-bus/intake',
    sourceBuckets: 'theirs,others',
  };

  it('becomes props', () => {
    expect(
      sourceAccountProps({ ...least, externalId: 'ferry', kmsKeyArns: 'a,b', readerRole: 'false' }),
    ).toEqual({
      busArn: least.busArn,
      buckets: ['theirs', 'others'],
      externalId: 'ferry',
      kmsKeyArns: ['a', 'b'],
      readerRole: false,
    });
  });

  it.each<[string, Context, string]>([
    ['no bus', { ...least, busArn: undefined }, 'stack=source-account needs busArn: the BusArn'],
    [
      'no buckets',
      { ...least, sourceBuckets: '' },
      'stack=source-account needs sourceBuckets: the',
    ],
    [
      'no principals at all, which would trust all',
      { ...least, readerPrincipalArns: '' },
      'readerPrincipalArns is ""; texts between commas,',
    ],
    [
      'no principals, which would trust all',
      { ...least, readerPrincipalArns: ',' },
      'readerPrincipalArns is ","; texts between commas,',
    ],
    ['a misspelt key', { ...least, busARN: 'x' }, 'busARN is no known key; did you mean busArn?'],
    [
      'a key of the other stack',
      { ...least, suffixes: '.mp4' },
      'suffixes is for stack=transfers only; this is stack=source-account',
    ],
  ])('refuses %s on one line', (_, context, message) => {
    expect(refusal(() => sourceAccountProps(context))).toContain(
      `ConfigurationError: ${message.startsWith('Invalid ') ? '' : 'context: '}${message}`,
    );
  });
});

describe('a transfer window by context', () => {
  it.each(windowFlaws)('%o is refused on one line', (transferWindow, flaw) => {
    const props = transferProps({ transferWindow: JSON.stringify(transferWindow) });
    expect(refusal(() => synthesizeTemplate(props))).toBe(
      `ConfigurationError: Invalid transferWindow.${flaw}`,
    );
  });
});

describe('the README', () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');

  /** What the first column of a table names, of the tables that say what keys mean. */
  const tables = readme
    .split('\n\n')
    .filter((block) => block.startsWith('| key | means | default |'))
    .map((table) =>
      table.split('\n').flatMap((row) => row.split(' | ')[0]?.match(/(?<=`)\w+(?=`)/g) ?? []),
    );

  it.each([
    ['the stack of transfers', 0, contextKeys.transfers],
    ["the source account's stack", 1, contextKeys['source-account']],
  ] as const)('says what every key of %s means, and no other', (_, table, keys) => {
    expect(tables[table]?.toSorted()).toEqual(keys.toSorted());
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
      'ConfigurationError: context: stack is "source"; transfers or source-account is right',
    );
  });
});
