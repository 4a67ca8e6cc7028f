import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { contextKeys, stackKind } from '#infra/context/context-values.ts';
import { transferProps } from '#infra/context/transfers.ts';
import { errorOf } from '../deployed.ts';
import { validWindow } from './window-flaws.ts';

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
  stackName: 'Genomes',
  destination: 'seven-bridges',
  destinationProject: 'ada/genomes',
  destinationOnNameTaken: 'rename',
  destinationFolders: 'key',
  destinationPartSizeBytes: '134217728',
  baseUrl: 'https://example.com/v1',
  earlierDestinations: 'twelvelabs',
  maxActiveTransfers: '5',
  transferWindow: validWindow,
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
  vpcId: 'vpc-01234567',
  vpcSubnetIds: 'subnet-01234567',
  securityGroupIds: 'sg-01234567',
  tableDeletionProtection: 'false',
  alarmEmail: 'ops@example.com',
};

describe("the context of the transfers' stack", () => {
  it.each<[string, Context, unknown]>([
    ['an empty context leaves every default', {}, {}],
    ['empty text leaves the default', { eventBusName: '', mapConcurrency: undefined }, {}],
    [
      'a list is split at its commas',
      { sourceBuckets: 'films, talks' },
      { sources: [{ bucket: 'films' }, { bucket: 'talks' }] },
    ],
    [
      'filters apply to each of sourceBuckets',
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
      'sources are read from cdk.json',
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
      'both forms of sources are combined',
      { sources: [{ bucket: 'films' }], sourceBuckets: 'talks' },
      { sources: [{ bucket: 'films' }, { bucket: 'talks' }] },
    ],
    [
      'source accounts are read from JSON text',
      { sourceAccounts: '[{"account":"111122223333","externalId":"ferry"}]' },
      { sourceAccounts: [{ account: '111122223333', externalId: 'ferry' }] },
    ],
    ['times are in seconds', { sendTimeoutSeconds: '600' }, { sendTimeout: Duration.seconds(600) }],
    [
      'the time for the reply to a chunk is in seconds',
      { uploadReplySeconds: 120 },
      { uploadReply: Duration.seconds(120) },
    ],
    [
      'booleans are text',
      { tableDeletionProtection: 'false', privateUploadHosts: 'true' },
      { tableDeletionProtection: false, privateUploadHosts: true },
    ],
    [
      'the transfer window is read from JSON text',
      { transferWindow: JSON.stringify(validWindow) },
      { transferWindow: validWindow },
    ],
    [
      'the transfer window is read from cdk.json',
      { transferWindow: { ...validWindow, underWay: 'stop' } },
      { transferWindow: { ...validWindow, underWay: 'stop' } },
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

  it('turns every key into a prop', () => {
    const props = transferProps(everyTransferKey);
    // A destination takes one of two keys, or is not the one of this context.
    const alternatives = [
      ...['destinationEnvironment', 'destinationParent', 'destinationMode'],
      ...['destinationMaxMediaBytes', 'destinationMaxImageBytes'],
    ];
    const others = contextKeys.transfers.filter((key) => !alternatives.includes(key));
    expect(Object.keys(everyTransferKey).sort()).toEqual(others.toSorted());
    const names = ['sendTimeout', 'stepTimeout', 'noProgress', 'uploadReply'];
    const renamed = others
      .filter((key) => !['sourceBuckets', ...Object.keys(filters)].includes(key))
      .filter((key) => !/^destination./.test(key))
      .map((key) => names.find((name) => key === `${name}Seconds`) ?? key);
    expect(Object.keys(props).sort()).toEqual(renamed.sort());
    expect(Object.keys(props.destination ?? {}).sort()).toEqual(
      ['kind', 'project', 'onNameTaken', 'folders', 'partSizeBytes'].sort(),
    );
    expect(props.sources).toHaveLength(2);
    expect(Object.keys(props.sources?.[1] ?? {}).sort()).toEqual(
      ['bucket', ...Object.keys(filters)].sort(),
    );
  });
});

describe('the key stack', () => {
  it("chooses the transfers' stack by default", () => {
    expect([stackKind({}), stackKind({ stack: 'source-account' })]).toEqual([
      'transfers',
      'source-account',
    ]);
  });

  it('fails for an unknown stack', () => {
    expect(errorOf(() => stackKind({ stack: 'source' }))).toBe(
      'ConfigurationError: Invalid stack "source": must be "transfers" or "source-account".',
    );
  });
});
