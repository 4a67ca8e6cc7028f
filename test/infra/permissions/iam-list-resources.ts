import { stepsWith } from '#src/core/shared-with-infra/permissions.ts';
import { aws, type Entry, here, type IamList, through } from './iam-entries.ts';

const overTlsOnly = (may: string, who: string, on: string): Entry => ({
  never: true,
  may,
  who: [who],
  on: [on],
  when: { Bool: { 'aws:SecureTransport': 'false' } },
  why: 'a denial applies to every principal and action',
});

const deadLetters = (path: string): IamList => ({
  [path]: [
    overTlsOnly('sqs:*', 'AWS *', `<${path}.Arn>`),
    {
      may: 'sqs:SendMessage',
      who: ['Service events.amazonaws.com'],
      on: [`<${path}.Arn>`],
      when: { ArnLike: { 'aws:SourceArn': `${aws}:events:${here}:rule/*` } },
      why: "one statement for all rules of this account and Region: a queue's policy may have 20",
    },
  ],
});

const alarmTopic = (path: string): IamList => ({
  [path]: [
    overTlsOnly('sns:Publish', '*', `<${path}>`),
    {
      may: 'sns:Publish',
      who: ['Service cloudwatch.amazonaws.com'],
      on: [`<${path}>`],
      when: {
        StringEquals: { 'aws:SourceAccount': '<AWS::AccountId>' },
        ArnLike: { 'aws:SourceArn': `${aws}:cloudwatch:${here}:alarm:*` },
      },
      why: 'the topic accepts every alarm of this account and Region, also of other stacks',
    },
  ],
});

const objectsCreated = {
  'ForAllValues:StringEquals': {
    'events:detail-type': 'Object Created',
    'events:source': 'aws.s3',
  },
};

const mayPut = (who: string[], when: Entry['when'], why?: string): Entry => ({
  may: 'events:PutEvents',
  who,
  on: ['<Chunkferry/ObjectCreated/Intake/Bus.Arn>'],
  when: { ...objectsCreated, ...when },
  ...(why && { why }),
});

const calledByRules = (path: string): Entry[] =>
  ['ExecutionEnded', 'Schedule'].map((rule) => ({
    may: 'lambda:InvokeFunction',
    who: ['Service events.amazonaws.com'],
    when: { SourceArn: `<${path}/${rule}.Arn>` },
  }));

/** Permissions in the policies of resources. */
export const resourcePolicies: IamList = {
  ...deadLetters('Chunkferry/ObjectCreated/DeadLetters'),
  ...deadLetters('Chunkferry/Reconciler/DeadLetters'),
  ...deadLetters('Chunkferry/Monitoring/FailureNotices/DeadLetters'),
  'Chunkferry/Monitoring/FailureNotices/Failures': [
    overTlsOnly('sqs:*', 'AWS *', '<Chunkferry/Monitoring/FailureNotices/Failures.Arn>'),
    {
      may: 'sqs:SendMessage, sqs:GetQueueAttributes, sqs:GetQueueUrl',
      who: ['Service events.amazonaws.com'],
      on: ['<Chunkferry/Monitoring/FailureNotices/Failures.Arn>'],
      when: {
        ArnEquals: { 'aws:SourceArn': '<Chunkferry/Monitoring/FailureNotices/TransferFailed.Arn>' },
      },
    },
  ],
  ...deadLetters('SourceAccount/Forwarding/DeadLetters'),
  ...alarmTopic('Chunkferry/Monitoring/Alarms'),
  ...alarmTopic('SourceAccount/Monitoring/Alarms'),
  'Chunkferry/ObjectCreated/Intake/Bus': [
    mayPut(
      ['111122223333', '444455556666', '<AWS::AccountId>'].map(
        (account) => `AWS ${aws}:iam::${account}:root`,
      ),
      {},
    ),
    mayPut(
      ['*'],
      { StringEquals: { 'aws:PrincipalOrgID': 'o-abcdefghij' } },
      'the condition names the organization: the accounts in it are unknown',
    ),
  ],
  'Chunkferry/Reconciler/Reconcile': calledByRules('Chunkferry/Reconciler'),
  'Chunkferry/Dispatcher/Dispatch': calledByRules('Chunkferry/Dispatcher'),
};

const decryptsFor = (roles: string[], service: string, more = ''): Entry => ({
  may: `kms:Decrypt${more}`,
  who: roles.map((role) => `AWS ${role}`),
  on: ['*'],
  when: through(service),
  why: "in a key's policy * is the key itself",
});

/** The outputs with statements for the policies of keys. */
export const outputStatements: IamList = {
  'output KeyPolicyStatement': [
    ...([{}, { wholeDigest: 'md5' }] as const).map((needs) =>
      decryptsFor(
        stepsWith('readSources', needs).map((step) => `<Chunkferry/${step}/ServiceRole.Arn>`),
        's3.eu-west-1',
      ),
    ),
    decryptsFor(['<SourceAccount/Reader.Arn>'], 's3.eu-central-1'),
  ],
  'output KeyPolicyStatement444455556666': [
    decryptsFor([`${aws}:iam::444455556666:role/VideoReader`], 's3.eu-west-1'),
  ],
  'output ApiKeyPolicyStatement': [
    ...['', ', kms:GenerateDataKey'].map((more) =>
      decryptsFor(
        [
          ...stepsWith('callService').map((step) => `<Chunkferry/${step}/ServiceRole.Arn>`),
          '<Chunkferry/Reconciler/Reconcile/ServiceRole.Arn>',
        ],
        'secretsmanager.eu-west-1',
        more,
      ),
    ),
  ],
};
