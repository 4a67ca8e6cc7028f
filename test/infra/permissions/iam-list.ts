import {
  needsOfAll,
  type Permission,
  permissionsOf,
} from '#src/core/shared-with-infra/permissions.ts';
import { type FunctionName, stepNames } from '#src/core/shared-with-infra/step-names.ts';
import { destinations } from '#src/destinations/registry.ts';
import { aws, type Entry, here, type IamList, through } from './iam-entries.ts';
import { outputStatements, resourcePolicies } from './iam-list-resources.ts';

const table = '<Chunkferry/Table.Arn>';
const machine = '<Chunkferry/Transfers/StateMachine';
const preflight = '<Chunkferry/Preflight/StateMachine';
/** The stack's own secrets: each kind of destination has one. */
const ownSecrets = [
  '<Chunkferry/ApiKey>',
  '<Chunkferry/SevenBridgesApiKey>',
  '<Chunkferry/SelfcommunityApiKey>',
];

/** What the destinations of all setups need together. */
const needs = needsOfAll(destinations.map((one) => one.needs ?? {}));

const existingSecret = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:key-AbCdEf';
const existingSecretKey = 'arn:aws:kms:eu-west-1:123456789012:key/5678efab';

const buses = ['default', 'ours'].map((name) => `${aws}:events:${here}:event-bus/${name}`);
const readers = ['111122223333:role/ChunkferryReader', '444455556666:role/VideoReader'];
const objects = ['far-away/', 'films/in/', 'films/raw/', 'films/talks/', 'matches/'];
const buckets = ['far-away', 'films', 'matches'].map((bucket) => `${aws}:s3:::${bucket}`);
const theirBuckets = ['others', 'theirs'].map((bucket) => `${aws}:s3:::${bucket}`);
const theirObjects = ['others/in/', 'others/raw/', 'theirs/', 'theirs/in/', 'theirs/raw/'];

const trusts = (service: string, when?: Entry['when']): Entry => ({
  may: 'sts:AssumeRole',
  who: [`Service ${service}.amazonaws.com`],
  ...(when && { when }),
});

const rows = (...actions: string[]): Entry => ({
  may: actions.map((action) => `dynamodb:${action}`).join(', '),
  on: [table],
});

const putEvents: Entry = { may: 'events:PutEvents', on: buses };

const apiKey: readonly Entry[] = [
  { may: 'secretsmanager:GetSecretValue', on: [...ownSecrets, existingSecret] },
  { may: 'kms:Decrypt', on: [existingSecretKey], when: through('secretsmanager.eu-west-1') },
];

const executions: Entry = {
  may: 'states:DescribeExecution',
  on: [machine, preflight].map((name) => `${aws}:states:${here}:execution:${name}.Name>:*`),
  why: 'executions of these state machines get their names when they start',
};

const readObjects: readonly Entry[] = [
  {
    may: 's3:GetObject, s3:GetObjectVersion',
    on: objects.map((prefix) => `${aws}:s3:::${prefix}*`),
    why: "the keys of a source's objects are unknown at deployment",
  },
  { may: 's3:ListBucket', on: buckets },
  {
    may: 'kms:Decrypt',
    on: ['arn:aws:kms:eu-west-1:123456789012:key/1234abcd'],
    when: through('s3.eu-west-1'),
  },
  { may: 'sts:AssumeRole', on: readers.map((role) => `${aws}:iam::${role}`) },
];

/** Allows Lambda to attach a function to a VPC. */
const networkInterfaces: Entry = {
  may: 'ec2:CreateNetworkInterface, ec2:DescribeNetworkInterfaces, ec2:DescribeSubnets, ec2:DeleteNetworkInterface, ec2:AssignPrivateIpAddresses, ec2:UnassignPrivateIpAddresses',
  on: ['*'],
  why: 'Lambda makes the network interfaces, and asks for these actions on any',
};

/** The permissions of every function: its own log and its traces. */
const ofFunction = (log: string): readonly Entry[] => [
  trusts('lambda'),
  { may: 'logs:CreateLogStream, logs:PutLogEvents', on: [`<${log}.Arn>`] },
  {
    may: 'xray:PutTelemetryRecords, xray:PutTraceSegments',
    on: ['*'],
    why: 'X-Ray supports no resources for these actions',
  },
  networkInterfaces,
];

/** What the role of a function may do for each of its permissions. */
const entriesOf: Readonly<Record<Permission, readonly Entry[]>> = {
  callService: apiKey,
  replaceSecret: [
    {
      may: 'secretsmanager:PutSecretValue',
      on: ['<Chunkferry/SelfcommunityApiKey>', existingSecret],
    },
    {
      may: 'kms:GenerateDataKey',
      on: [existingSecretKey],
      when: through('secretsmanager.eu-west-1'),
    },
  ],
  readSources: readObjects,
  checkBuckets: [{ may: 's3:GetBucketNotification', on: buckets }],
  checkQuotas: [
    {
      may: 'lambda:GetAccountSettings',
      on: ['*'],
      why: "the account's limits support no resource",
    },
  ],
  readRows: [rows('GetItem', 'Query')],
  writeRows: [rows('PutItem')],
  updateRows: [rows('UpdateItem')],
  deleteRows: [rows('DeleteItem')],
  listRows: [
    { may: 'dynamodb:Query', on: [`${table}/index/byState`, `${table}/index/unpublished`] },
  ],
  publishEvents: [putEvents],
  describeExecutions: [executions],
  startExecutions: [{ may: 'states:StartExecution', on: [`${machine}>`] }],
};

/** @param path - the path of the function's construct */
const ofWork = (name: FunctionName, path: string, ...entries: Entry[]) => ({
  [`Chunkferry/${path}/ServiceRole`]: [
    ...ofFunction(`Chunkferry/${path}Logs`),
    ...permissionsOf(name, needs).flatMap((permission) => entriesOf[permission]),
    ...entries,
  ],
});

/** Returns what the role of a state machine may do. `functions` are the paths that it calls in any version. */
const ofMachine = (functions: readonly string[], ...entries: Entry[]): readonly Entry[] => [
  {
    ...trusts('states', {
      StringEquals: { 'aws:SourceAccount': '<AWS::AccountId>' },
      ArnLike: { 'aws:SourceArn': `${aws}:states:${here}:stateMachine:*` },
    }),
    why: "the role is created before the machine, so its trust can't name the machine's ARN",
  },
  {
    may: 'lambda:InvokeFunction',
    on: [
      ...functions.map((path) => `<Chunkferry/${path}.Arn>`),
      ...stepNames.map((step) => `<Chunkferry/${step}/CurrentVersion>`),
    ],
  },
  {
    may: 'lambda:InvokeFunction',
    on: functions.map((path) => `<Chunkferry/${path}.Arn>:*`),
    why: 'a running execution calls the versions that it started with, also after a deployment',
  },
  {
    may: 'logs:CreateLogDelivery, logs:GetLogDelivery, logs:UpdateLogDelivery, logs:DeleteLogDelivery, logs:ListLogDeliveries, logs:PutResourcePolicy, logs:DescribeResourcePolicies, logs:DescribeLogGroups',
    on: ['*'],
    why: 'the delivery of logs supports no resource',
  },
  {
    may: 'xray:PutTelemetryRecords, xray:PutTraceSegments, xray:GetSamplingRules, xray:GetSamplingTargets',
    on: ['*'],
    why: 'X-Ray supports no resources for these actions',
  },
  ...entries,
];

const roles: IamList = {
  ...Object.assign({}, ...stepNames.map((step) => ofWork(step, step))),
  ...ofWork('Reconcile', 'Reconciler/Reconcile', {
    may: 'sqs:SendMessage',
    on: ['<Chunkferry/Reconciler/DeadLetters.Arn>'],
  }),
  ...ofWork('Dispatch', 'Dispatcher/Dispatch'),
  'Chunkferry/Monitoring/FailureNotices/Send/ServiceRole': [
    ...ofFunction('Chunkferry/Monitoring/FailureNotices/SendLogs'),
    {
      may: 'sqs:ReceiveMessage, sqs:ChangeMessageVisibility, sqs:GetQueueUrl, sqs:DeleteMessage, sqs:GetQueueAttributes',
      on: ['<Chunkferry/Monitoring/FailureNotices/Failures.Arn>'],
    },
    { may: 'sns:Publish', on: ['<Chunkferry/Monitoring/Alarms>'] },
  ],
  'Chunkferry/Transfers/StateMachine/EventsRole': [
    trusts('events', { StringEquals: { 'aws:SourceAccount': '<AWS::AccountId>' } }),
    { may: 'states:StartExecution', on: [`${machine}>`] },
  ],
  'Chunkferry/Transfers/StateMachine/Role': ofMachine(
    [...stepNames, 'Dispatcher/Dispatch'],
    { may: 'states:StartExecution', on: [`${preflight}>`] },
    {
      may: 'states:DescribeExecution, states:StopExecution',
      on: [`${aws}:states:${here}:execution:${preflight}.Name>:*`],
      why: 'the preflight that a state starts gets its name when it starts',
    },
    {
      may: 'events:PutTargets, events:PutRule, events:DescribeRule',
      on: [`${aws}:events:${here}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule`],
    },
  ),
  'Chunkferry/Preflight/StateMachine/Role': ofMachine([
    'Reconciler/Reconcile',
    'Dispatcher/Dispatch',
  ]),
  'BucketNotificationsHandler050a0587b7544547bf325f094a3db834/Role': [
    trusts('lambda'),
    { may: 's3:GetBucketNotification, s3:PutBucketNotification', on: [`${aws}:s3:::matches`] },
    {
      may: 'all of a managed policy',
      on: [`${aws}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole`],
    },
  ],
  'SourceAccount/Forwarding/Role': [
    trusts('events', { StringEquals: { 'aws:SourceAccount': '<AWS::AccountId>' } }),
    { may: 'events:PutEvents', on: ['arn:aws:events:eu-west-1:123456789012:event-bus/intake'] },
  ],
  'SourceAccount/Reader': [
    {
      may: 'sts:AssumeRole',
      who: [`AWS ${aws}:iam::123456789012:root`],
      when: { StringEquals: { 'sts:ExternalId': 'ferry-1' } },
    },
    {
      may: 'sts:AssumeRole',
      who: [`AWS ${aws}:iam::123456789012:root`],
      when: {
        StringEquals: { 'sts:ExternalId': 'ferry-1' },
        ArnEquals: { 'aws:PrincipalArn': ['arn:aws:iam::123456789012:role/Inspect'] },
      },
    },
    {
      may: 's3:GetObject, s3:GetObjectVersion',
      on: theirObjects.map((prefix) => `${aws}:s3:::${prefix}*`),
      why: "the keys of a source's objects are unknown at deployment",
    },
    { may: 's3:ListBucket, s3:GetBucketNotification', on: theirBuckets },
    {
      may: 'kms:Decrypt',
      on: ['arn:aws:kms:eu-central-1:111122223333:key/1234abcd'],
      when: through('s3.eu-central-1'),
    },
  ],
};

/**
 * Every grant in the templates of all setups, by role or by the resource whose policy has it. The
 * templates and this list are equal.
 */
export const iamList: IamList = {
  ...roles,
  ...resourcePolicies,
  ...outputStatements,
};
