import { Match, Template } from 'aws-cdk-lib/assertions';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { expect, it } from 'vitest';
import { alarmsIn, monitoredStack } from './monitoring-stack.ts';

const { stack } = monitoredStack((scope) => ({
  failureNotices: {
    eventBus: EventBus.fromEventBusName(scope, 'Bus', 'ours'),
    memoryMiB: 512,
    logRetention: RetentionDays.ONE_WEEK,
  },
}));
const template = Template.fromStack(stack);
const arnOf = (id: string) => ({ 'Fn::GetAtt': [Match.stringLikeRegexp(id), 'Arn'] });

it('takes only the failures of this state machine from the bus', () => {
  template.hasResourceProperties('AWS::Events::Rule', {
    EventBusName: 'ours',
    EventPattern: {
      source: ['chunkferry'],
      'detail-type': ['Transfer Failed'],
      detail: { execution: [{ prefix: Match.anyValue() }] },
    },
    Targets: [
      {
        Arn: arnOf('^MonitoringFailureNoticesFailures'),
        DeadLetterConfig: { Arn: arnOf('^MonitoringFailureNoticesDeadLetters') },
      },
    ],
  });
});

it('reports the failures of two minutes in one call', () => {
  template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    BatchSize: 1000,
    MaximumBatchingWindowInSeconds: 120,
    ScalingConfig: { MaximumConcurrency: 2 },
  });
});

it('keeps unreported failures for 14 days, and has an alarm for them', () => {
  template.hasResourceProperties('AWS::SQS::Queue', {
    RedrivePolicy: {
      deadLetterTargetArn: arnOf('^MonitoringFailureNoticesDeadLetters'),
      maxReceiveCount: 5,
    },
  });
  const alarm = alarmsIn(template.toJSON() as never).get('DeadLettersFailureNotices');
  expect(alarm?.AlarmDescription).toContain('a failed transfer without a notice');
});

it('passes the topic, the table and the dashboard to the function', () => {
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: {
      Variables: {
        POWERTOOLS_SERVICE_NAME: 'ferry-1',
        NOTICE_TOPIC_ARN: { Ref: Match.stringLikeRegexp('^MonitoringAlarms') },
        TABLE_NAME: Match.anyValue(),
        DASHBOARD_NAME: { Ref: Match.stringLikeRegexp('^MonitoringDashboard') },
      },
    },
  });
});

it('N18: every alarm also notifies when it ends', () => {
  for (const { Properties } of Object.values(template.findResources('AWS::CloudWatch::Alarm')))
    expect(Properties.OKActions).toEqual(Properties.AlarmActions);
});
