import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { expect, it } from 'vitest';
import { Reconciler } from '#infra/constructs/reconciler.ts';

const machineArn = 'arn:aws:states:eu-west-1:123456789012:stateMachine:transfers';

/** Returns a stack with a reconciler only, without bundling. */
function reconciled(): Template {
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Stack');
  const reconciler = new Reconciler(stack, 'Reconciler', {
    environment: { TABLE_NAME: 'transfers' },
    memoryMiB: 512,
    logRetention: RetentionDays.ONE_WEEK,
    permit: (reconcile) =>
      reconcile.addToRolePolicy(
        new PolicyStatement({ actions: ['dynamodb:GetItem'], resources: ['arn:aws:some:table'] }),
      ),
  });
  const machine = StateMachine.fromStateMachineArn(stack, 'Machine', machineArn);
  reconciler.reconcileExecutionsOf(machine);
  return Template.fromStack(stack);
}

const template = reconciled();
const queueArn = { 'Fn::GetAtt': [Match.stringLikeRegexp('^ReconcilerDeadLetters'), 'Arn'] };
const functionArn = { 'Fn::GetAtt': [Match.stringLikeRegexp('^ReconcilerReconcile'), 'Arn'] };

it('runs when an execution of its state machine does not succeed', () => {
  template.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: {
      source: ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      detail: { stateMachineArn: [machineArn], status: ['ABORTED', 'TIMED_OUT', 'FAILED'] },
    },
    Targets: [{ Arn: functionArn, DeadLetterConfig: { Arn: queueArn } }],
  });
});

it('runs every five minutes', () => {
  template.hasResourceProperties('AWS::Events::Rule', {
    ScheduleExpression: 'rate(5 minutes)',
    Targets: [{ Arn: functionArn, RetryPolicy: { MaximumRetryAttempts: 0 } }],
  });
});

it('is tried three times, then its event is kept', () => {
  template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
    MaximumRetryAttempts: 2,
    MaximumEventAgeInSeconds: 21_600,
    DestinationConfig: { OnFailure: { Destination: queueArn } },
  });
});

it('keeps events for 14 days in a queue of its own, encrypted and over TLS only', () => {
  template.hasResourceProperties('AWS::SQS::Queue', {
    SqsManagedSseEnabled: true,
    MessageRetentionPeriod: 14 * 24 * 3600,
  });
  template.hasResourceProperties('AWS::SQS::QueuePolicy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({
          Effect: 'Deny',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
      ]),
    },
  });
});

it('has one function on Node.js 24 on arm64, with traces and JSON logs of the retention in the props', () => {
  template.resourceCountIs('AWS::Lambda::Function', 1);
  template.hasResourceProperties('AWS::Lambda::Function', {
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    MemorySize: 512,
    Timeout: 150,
    TracingConfig: { Mode: 'Active' },
    LoggingConfig: { LogFormat: 'JSON' },
    Environment: { Variables: { TABLE_NAME: 'transfers' } },
  });
  template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 7 });
});

it('may do only what `permit` grants, and send its own dead letters', () => {
  const statements = Object.values(template.findResources('AWS::IAM::Policy')).flatMap(
    ({ Properties }) => Properties.PolicyDocument.Statement as { Action: string | string[] }[],
  );
  const actions = statements.flatMap(({ Action }) => Action).sort();
  expect(actions.filter((action) => !action.startsWith('xray:'))).toEqual([
    'dynamodb:GetItem',
    'sqs:SendMessage',
  ]);
});
