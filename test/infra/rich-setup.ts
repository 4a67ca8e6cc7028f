import type { TransferStackProps } from '#infra/stacks/named-resource-props.ts';
import type { SourceAccountStackProps } from '#infra/stacks/source-account-stack.ts';
import {
  type CloudFormationTemplate,
  synthesizeSourceAccount,
  synthesizeTemplate,
} from '#infra/synthesize.ts';

const kmsKeyArn = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd';

/** A Chunkferry with every option of sources. */
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

/** A source account with every option. */
export const richSourceAccount: SourceAccountStackProps = {
  busArn: 'arn:aws:events:eu-west-1:123456789012:event-bus/intake',
  buckets: ['theirs', 'others'],
  prefixes: ['in/', 'raw/'],
  externalId: 'ferry-1',
  readerPrincipalArns: ['arn:aws:iam::123456789012:role/Inspect'],
  kmsKeyArns: ['arn:aws:kms:eu-central-1:111122223333:key/1234abcd'],
};

const existingSecret: TransferStackProps = {
  apiKeySecretArn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:key-AbCdEf',
  apiKeySecretKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/5678efab',
};

const community = {
  kind: 'selfcommunity',
  baseUrl: 'https://community.example.com/api/v2',
} as const;

/** Each option of the transfers' stack that changes permissions, at least once. */
export const transferSetups: Readonly<Record<string, TransferStackProps>> = {
  'all defaults': {},
  'every option of sources': richProps,
  'an organization that may send': { ...richProps, organizationId: 'o-abcdefghij' },
  'existing resources': {
    ...existingSecret,
    eventBusName: 'ours',
    alarmEmail: 'ops@example.com',
  },
  'a VPC': inVpc,
  'another destination, and an earlier one': {
    destination: { kind: 'seven-bridges', environment: 'cavatica', project: 'ada/genomes' },
    earlierDestinations: ['twelvelabs'],
  },
  'a destination that needs a digest of the whole object': {
    ...richProps,
    destination: community,
  },
  'an existing secret that the functions replace': { ...existingSecret, destination: community },
};

/** Each option of the source account's stack that changes permissions, at least once. */
export const sourceAccountSetups: Readonly<Record<string, SourceAccountStackProps>> = {
  'every option': richSourceAccount,
  'the required props': {
    busArn: richSourceAccount.busArn,
    buckets: ['theirs'],
    externalId: 'ferry-1',
  },
  'the reader in another Region': {
    busArn: richSourceAccount.busArn,
    buckets: ['theirs'],
    readerRole: false,
  },
};

const synthesized = new Map<string, CloudFormationTemplate>();

/** Returns a template that several tests read. A process synthesizes it once. */
function once(name: string, synthesize: () => CloudFormationTemplate): CloudFormationTemplate {
  const template = synthesized.get(name) ?? synthesize();
  synthesized.set(name, template);
  return template;
}

/** Returns the template of one of the setups. */
export const transferTemplate = (name: keyof typeof transferSetups) =>
  once(String(name), () => synthesizeTemplate(transferSetups[name]));

/** Returns the template of `richProps`. */
export const richTemplate = () => transferTemplate('every option of sources');

/** Returns the template of `inVpc`. */
export const vpcTemplate = () => transferTemplate('a VPC');

/** Returns the template of a stack without props. */
export const bareTemplate = () => transferTemplate('all defaults');

/** Returns the template of `richSourceAccount`. */
export const sourceAccountTemplate = () =>
  once('source account', () => synthesizeSourceAccount(richSourceAccount));
