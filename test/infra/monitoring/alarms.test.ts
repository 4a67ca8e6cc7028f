import { Duration } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, it } from 'vitest';
import type { MonitoringProps } from '#infra/monitoring/monitoring-props.ts';
import { deploymentDimension, metricNamespace } from '#src/core/shared-with-infra/metrics.ts';
import {
  type AlarmProperties,
  alarmsIn,
  type Given,
  metricsOf,
  monitoredStack,
  monitoredTemplate,
  resourcesOf,
} from './monitoring-stack.ts';

const template = monitoredTemplate();

const alarms = alarmsIn(template);

function alarm(name: string, from = alarms): AlarmProperties {
  const found = from.get(name);
  if (found) return found;
  throw new Error(`no alarm ${name}`);
}

describe('an alarm', () => {
  it.each<[string, string, Partial<AlarmProperties>]>([
    ['TransfersFailed', 'Sum', { TreatMissingData: 'notBreaching' }],
    ['SessionsNearExpiry', 'Maximum', { TreatMissingData: 'ignore' }],
    ['LateDuplicates', 'Sum', { TreatMissingData: 'notBreaching' }],
    ['ClaimsRejected', 'Sum', { TreatMissingData: 'notBreaching' }],
    ['OrphanSessions', 'Maximum', { TreatMissingData: 'ignore', Threshold: 5 }],
    ['UnconfirmedEvents', 'Maximum', { TreatMissingData: 'ignore', EvaluationPeriods: 3 }],
  ])('%s fires above its threshold of the metric with the same name', (name, Statistic, more) => {
    expect(alarm(name)).toMatchObject({
      Namespace: metricNamespace,
      MetricName: name,
      Dimensions: [{ Name: deploymentDimension, Value: 'ferry-1' }],
      Statistic,
      Period: 300,
      Threshold: 0,
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      ...more,
    });
  });

  it('ServiceThrottles counts the retries of one cause over 15 minutes', () => {
    expect(alarm('ServiceThrottles')).toMatchObject({
      MetricName: 'Retries',
      Dimensions: [
        { Name: 'Cause', Value: 'ThrottledError' },
        { Name: deploymentDimension, Value: 'ferry-1' },
      ],
      Period: 900,
      Threshold: 100,
      TreatMissingData: 'notBreaching',
    });
  });

  it('NoProgress fires when transfers are active and no byte arrives for 15 minutes', () => {
    const { Metrics, ...others } = alarm('NoProgress');
    expect(others).toMatchObject({
      Threshold: 0,
      EvaluationPeriods: 3,
      TreatMissingData: 'notBreaching',
    });
    expect(Metrics?.find(({ Expression }) => Expression)?.Expression).toBe(
      'IF(FILL(active, REPEAT) > 0 AND FILL(bytes, 0) == 0, 1, 0)',
    );
    expect(metricsOf(alarm('NoProgress')).sort()).toEqual(['ActiveTransfers', 'BytesSent']);
  });

  it.each([
    ['DeadLettersObjectEvents', 'ApproximateNumberOfMessagesVisible', 'AWS/SQS'],
    ['SendThrottles', 'Throttles', 'AWS/Lambda'],
    ['ReconcilerFails', 'Errors', 'AWS/Lambda'],
  ])('%s fires at the first occurrence', (name, MetricName, Namespace) => {
    expect(alarm(name)).toMatchObject({
      MetricName,
      Namespace,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
  });

  it('QueueStalled fires after 15 minutes without a start while slots are free', () => {
    expect(alarm('QueueStalled')).toMatchObject({
      Namespace: metricNamespace,
      MetricName: 'QueueStalledSeconds',
      Statistic: 'Maximum',
      Period: 300,
      Threshold: 900,
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'ignore',
    });
  });

  it('DispatcherFails fires when the dispatcher fails in two periods, not after one command', () => {
    expect(alarm('DispatcherFails')).toMatchObject({
      MetricName: 'Errors',
      Namespace: 'AWS/Lambda',
      Threshold: 0,
      EvaluationPeriods: 2,
      TreatMissingData: 'notBreaching',
    });
  });

  it('TableThrottles adds up the operations on rows', () => {
    expect(metricsOf(alarm('TableThrottles'))).toEqual(Array(5).fill('ThrottledRequests'));
  });

  it.each(['ReconcilerSilent', 'DispatcherSilent'])(
    '%s counts a missing value as no call',
    (name) => {
      expect(alarm(name)).toMatchObject({
        MetricName: 'Invocations',
        Period: 900,
        Threshold: 1,
        ComparisonOperator: 'LessThanThreshold',
        TreatMissingData: 'breaching',
      });
    },
  );

  it.each([...alarms.keys()])(
    '%s describes its meaning and what to do, within CloudWatch’s limit',
    (name) => {
      const { AlarmDescription } = alarm(name);
      expect(AlarmDescription.split(/\. /).length).toBeGreaterThan(1);
      expect(AlarmDescription).toMatch(/\.$/);
      expect(AlarmDescription.length).toBeLessThanOrEqual(1024);
    },
  );

  it.each([...alarms.keys()])('%s notifies the topic', (name) => {
    expect(alarm(name).AlarmActions).toEqual([{ Ref: expect.stringMatching(/^MonitoringAlarms/) }]);
  });

  it('keeps its logical id', () => {
    const ids = Object.keys(template.Resources).filter((id) => /^Monitoring/.test(id));
    expect(ids.sort()).toMatchInlineSnapshot(`
      [
        "MonitoringAlarms66989066",
        "MonitoringAlarmsPolicy6491E2DD",
        "MonitoringClaimsRejected5D397BF9",
        "MonitoringDashboard0C3675C6",
        "MonitoringDeadLettersObjectEvents0C6012F8",
        "MonitoringDispatcherFailsEDC37967",
        "MonitoringDispatcherSilent5C6A9905",
        "MonitoringLateDuplicates65EA6408",
        "MonitoringNoProgressC9D008AD",
        "MonitoringOrphanSessions00BF4267",
        "MonitoringQueueStalledFB1D233E",
        "MonitoringReconcilerFails3F82F7AA",
        "MonitoringReconcilerSilent7433D4DE",
        "MonitoringSendThrottles75C7E47B",
        "MonitoringServiceThrottles447CD38F",
        "MonitoringSessionsNearExpiry2533F85E",
        "MonitoringTableThrottles0A82F423",
        "MonitoringTransfersFailedDAD018BC",
        "MonitoringUnconfirmedEventsDA2E27B3",
      ]
    `);
  });
});

describe('the thresholds', () => {
  it('are the values of the props', () => {
    const alarmThresholds = {
      throttledRetries: 7,
      orphanSessions: 0,
      noProgress: Duration.minutes(30),
      queueStalled: Duration.minutes(6),
    };
    const given = alarmsIn(monitoredTemplate(() => ({ alarmThresholds })));
    expect(alarm('ServiceThrottles', given).Threshold).toBe(7);
    expect(alarm('OrphanSessions', given).Threshold).toBe(0);
    expect(alarm('NoProgress', given).EvaluationPeriods).toBe(6);
    expect(alarm('QueueStalled', given).Threshold).toBe(360);
  });
});

describe('the topic', () => {
  it('accepts TLS only', () => {
    const policies = JSON.stringify(resourcesOf('AWS::SNS::TopicPolicy', template));
    expect(policies).toContain('"aws:SecureTransport":"false"');
  });

  it('allows only the alarms of this account to publish', () => {
    const [{ PolicyDocument } = {}] = resourcesOf('AWS::SNS::TopicPolicy', template);
    const { Statement } = PolicyDocument as { Statement: { Effect: string }[] };
    expect(Statement.filter(({ Effect }) => Effect === 'Allow')).toMatchObject([
      {
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': '123456789012' } },
      },
    ]);
  });

  it('has a subscription only with an address', () => {
    expect(resourcesOf('AWS::SNS::Subscription', template)).toEqual([]);
    const given = monitoredTemplate(() => ({ alarmEmail: 'ops@example.com' }));
    expect(resourcesOf('AWS::SNS::Subscription', given)).toMatchObject([
      { Protocol: 'email', Endpoint: 'ops@example.com' },
    ]);
  });

  it('may be an existing topic', () => {
    const arn = 'arn:aws:sns:eu-west-1:123456789012:pages';
    const given = monitoredTemplate((stack) => ({
      alarmTopic: Topic.fromTopicArn(stack, 'Pages', arn),
    }));
    expect(resourcesOf('AWS::SNS::Topic', given)).toEqual([]);
    expect(alarm('TransfersFailed', alarmsIn(given)).AlarmActions).toEqual([arn]);
  });
});

describe.each([
  ['reconciler', /^Reconciler/],
  ['dispatcher', /^(Dispatcher|QueueStalled)/],
])('the %s', (name, itsAlarms) => {
  it('has no alarm without its function', () => {
    const without = alarmsIn(
      monitoredTemplate(() => ({ [name]: undefined }) as unknown as Partial<MonitoringProps>),
    );
    expect([...without.keys()].filter((id) => itsAlarms.test(id))).toEqual([]);
  });
});

describe('an invalid prop fails with its value and what must hold:', () => {
  const given = (props: Partial<MonitoringProps>): Given => {
    return () => props;
  };

  it.each<[string, Given, string]>([
    [
      'deployment',
      given({ deployment: 'a "b"' }),
      'Invalid deployment "a \\"b\\"": must be 1 to 250 letters',
    ],
    [
      'alarmEmail',
      given({ alarmEmail: 'ops' }),
      'Invalid alarmEmail "ops": must be an address such as',
    ],
    [
      'alarmEmail together with alarmTopic',
      (stack) => ({ alarmEmail: 'ops@example.com', alarmTopic: new Topic(stack, 'Pages') }),
      'Invalid alarmEmail "ops@example.com": must not be set together with alarmTopic',
    ],
    [
      'throttledRetries',
      given({ alarmThresholds: { throttledRetries: 0 } }),
      'Invalid alarmThresholds.throttledRetries 0: must be a whole number from 1 to 1,000,000',
    ],
    [
      'orphanSessions',
      given({ alarmThresholds: { orphanSessions: 1.5 } }),
      'Invalid alarmThresholds.orphanSessions 1.5: must be a whole number from 0 to 100,000',
    ],
    [
      'noProgress',
      given({ alarmThresholds: { noProgress: Duration.minutes(12) } }),
      'Invalid alarmThresholds.noProgress 720 s: must be 600 to 10,800 whole seconds, in steps of 300',
    ],
    [
      'queueStalled',
      given({ alarmThresholds: { queueStalled: Duration.minutes(4) } }),
      'Invalid alarmThresholds.queueStalled 240 s: must be 300 to 10,800 whole seconds',
    ],
    [
      'maxSendConcurrency',
      given({ maxSendConcurrency: 0 }),
      'Invalid maxSendConcurrency 0: must be a whole number of at least 1',
    ],
    [
      'maxActiveTransfers',
      given({ maxActiveTransfers: 0 }),
      'Invalid maxActiveTransfers 0: must be a whole number of at least 1',
    ],
    [
      'a queue’s name',
      given({ deadLetterQueues: { 'my queue': {} as never } }),
      'Invalid deadLetterQueues key "my queue": must be 1 to 100 letters and digits',
    ],
  ])('%s', (_, props, message) => {
    expect(() => monitoredStack(props)).toThrow(message);
  });
});
