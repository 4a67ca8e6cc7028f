import type { SourceAccountStackProps } from '#infra/stacks/source-account-stack.ts';
import type { TransferStackProps } from '#infra/stacks/transfer-stack-props.ts';

const kmsKeyArn = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd';

/** A Chunkferry with all that may be configured of its sources. */
export const richProps: TransferStackProps = {
  sources: [
    { bucket: 'films', prefixes: ['in/', 'raw/'], suffixes: ['.mp4'], minSize: 1_000, kmsKeyArn },
    { bucket: 'films', prefixes: ['talks/'], suffixes: ['.mp3'], maxSize: 5_000_000_000 },
    { bucket: 'matches', switchOnEvents: true },
    { bucket: 'far-away', region: 'us-east-1' },
    { bucket: 'theirs', account: '111122223333', region: 'eu-central-1' },
    { bucket: 'sealed', account: '444455556666', kmsKeyArn },
  ],
  sourceAccounts: [
    { account: '111122223333', externalId: 'ferry-1' },
    { account: '444455556666', externalId: 'ferry-2', readerRoleName: 'VideoReader' },
  ],
  sendReservedConcurrency: 100,
};

/** A Chunkferry in an existing VPC. */
export const inVpc: TransferStackProps = {
  vpcId: 'vpc-0123456789abcdef0',
  vpcSubnetIds: ['subnet-0123456789abcdef0', 'subnet-01234567'],
};

/** A source account with all that may be configured. */
export const richSourceAccount: SourceAccountStackProps = {
  busArn: 'arn:aws:events:eu-west-1:123456789012:event-bus/intake',
  buckets: ['theirs', 'others'],
  prefixes: ['in/', 'raw/'],
  externalId: 'ferry-1',
  readerPrincipalArns: ['arn:aws:iam::123456789012:role/Inspect'],
  kmsKeyArns: ['arn:aws:kms:eu-central-1:111122223333:key/1234abcd'],
};

/** Each option of the stack of transfers that changes who may do what, at least once. */
export const transferSetups: Readonly<Record<string, TransferStackProps>> = {
  'nothing configured': {},
  'all of its sources configured': richProps,
  'an organization that may send': { ...richProps, organizationId: 'o-abcdefghij' },
  'what exists already given': {
    apiKeySecretArn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:key-AbCdEf',
    apiKeySecretKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/5678efab',
    eventBusName: 'ours',
    alarmEmail: 'ops@example.com',
  },
  'a VPC': inVpc,
};

/** The same of the stack in a source account. */
export const sourceAccountSetups: Readonly<Record<string, SourceAccountStackProps>> = {
  'all configured': richSourceAccount,
  'the least': {
    busArn: richSourceAccount.busArn,
    buckets: ['theirs'],
    externalId: 'ferry-1',
  },
  'a reader made in another Region': {
    busArn: richSourceAccount.busArn,
    buckets: ['theirs'],
    readerRole: false,
  },
};
