import { Duration } from 'aws-cdk-lib';
import {
  ComparisonOperator,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { ErrorName } from '#src/core/errors/errors.ts';
import type { CheckedMonitoringProps } from './monitoring-props.ts';
import { tableThrottles } from './platform-metrics.ts';
import { fiveMinutes, productMetric } from './product-metric.ts';

/** One alarm, before it is made. */
export interface AlarmPlan {
  /** Part of its logical id: never changed. */
  readonly id: string;
  /** What it means, and what to do first. */
  readonly description: string;
  readonly metric: IMetric;
  /** The alarm goes off above it, unless `comparison` says otherwise. */
  readonly threshold: number;
  readonly comparison?: ComparisonOperator;
  /** Periods that must all breach; 1 where left out. */
  readonly periods?: number;
  readonly missing: TreatMissingData;
}

/** A counter is written when there is something to count: no value means that nothing happened. */
const nothingHappened = TreatMissingData.NOT_BREACHING;

/** A gauge is written every five minutes: no value says nothing, so the alarm stays as it is. */
const unchanged = TreatMissingData.IGNORE;

const throttled: ErrorName = 'ThrottledError';

const quarterHour = Duration.minutes(15);

/** Every alarm, in the order in which a person would want to know. */
export function alarmPlans(props: CheckedMonitoringProps): AlarmPlan[] {
  return [
    ...transferAlarms(props),
    ...serviceAlarms(props),
    ...deadLetterAlarms(props),
    ...platformAlarms(props),
    ...reconcilerAlarms(props),
    ...dispatcherAlarms(props),
  ];
}

function transferAlarms({ deployment, alarmThresholds }: CheckedMonitoringProps): AlarmPlan[] {
  return [
    {
      id: 'TransfersFailed',
      description:
        'A transfer or a start ended with an error. A notice on the same topic names film, error and next step within minutes; on the dashboard see "Failures by error" and "Last errors".',
      metric: productMetric(deployment, 'TransfersFailed', { statistic: 'Sum' }),
      threshold: 0,
      missing: nothingHappened,
    },
    {
      id: 'NoProgress',
      description:
        'Transfers hold a slot, but no chunk has arrived for a while. In the Step Functions console open the oldest running execution and look at its last state; then see "Retries by cause" on the dashboard and the service\'s status page.',
      metric: standstill(deployment),
      threshold: 0,
      periods: alarmThresholds.noProgress.toMinutes() / fiveMinutes.toMinutes(),
      // Without the gauge nothing is known to be active; that it lacks has an alarm of its own.
      missing: nothingHappened,
    },
    {
      id: 'SessionsNearExpiry',
      description:
        'An upload session ends within two hours; after that all of its chunks go again. Search the reconciler\'s logs for "session ends soon", which names the transfer; see under "Retries by cause" what slows it, or raise maxSendConcurrency.',
      metric: productMetric(deployment, 'SessionsNearExpiry', { statistic: 'Maximum' }),
      threshold: 0,
      missing: unchanged,
    },
    {
      id: 'LateDuplicates',
      description:
        'A session that had been given up made an asset after all, so that there may be two of one object. "Last errors" on the dashboard names them as duplicates, as do the logs of AwaitAsset and of the reconciler: delete those assets at the service.',
      metric: productMetric(deployment, 'LateDuplicates', { statistic: 'Sum' }),
      threshold: 0,
      missing: nothingHappened,
    },
    {
      id: 'ClaimsRefused',
      description:
        "An event claimed a bucket that is not its account's, and was refused. Search the logs of InspectSource for SourceClaimRefusedError, find out who sent it, and take that account off the bus if it is not yours.",
      metric: productMetric(deployment, 'ClaimsRefused', { statistic: 'Sum' }),
      threshold: 0,
      missing: nothingHappened,
    },
  ];
}

/** 1 while transfers are active and no byte arrives; no value while no gauge was ever written. */
function standstill(deployment: string): MathExpression {
  return new MathExpression({
    expression: 'IF(FILL(active, REPEAT) > 0 AND FILL(bytes, 0) == 0, 1, 0)',
    usingMetrics: {
      active: productMetric(deployment, 'ActiveTransfers', { statistic: 'Maximum' }),
      bytes: productMetric(deployment, 'BytesSent', { statistic: 'Sum' }),
    },
    label: 'Active, and nothing arrives',
    period: fiveMinutes,
  });
}

function serviceAlarms({ deployment, alarmThresholds }: CheckedMonitoringProps): AlarmPlan[] {
  return [
    {
      id: 'ServiceThrottles',
      description:
        'The service answers 429 again and again; transfers wait and go on by themselves. Lower maxActiveTransfers or mapConcurrency and deploy, or ask the service for a higher rate limit.',
      metric: productMetric(deployment, 'Retries', {
        statistic: 'Sum',
        period: quarterHour,
        by: throttled,
      }),
      threshold: alarmThresholds.throttledRetries,
      missing: nothingHappened,
    },
    {
      id: 'OrphanSessions',
      description:
        'The service has unfinished sessions that no transfer knows: create replies were lost, or another client uses this API key. If "Retries by cause" shows no CreateReplyLostError, check who uses the key. Search the reconciler\'s logs for "orphan session" for the upload ids. The sessions end by themselves after 24 h.',
      metric: productMetric(deployment, 'OrphanSessions', { statistic: 'Maximum' }),
      threshold: alarmThresholds.orphanSessions,
      missing: unchanged,
    },
    {
      id: 'UnconfirmedEvents',
      description:
        'Outcomes are recorded, but for 15 minutes their events could not be put on the bus; they are sent again until they can. Search the logs of RecordOutcome for EventNotPublishedError, and check the bus and the permission to put events on it.',
      metric: productMetric(deployment, 'UnconfirmedEvents', { statistic: 'Maximum' }),
      threshold: 0,
      periods: 3,
      missing: unchanged,
    },
  ];
}

function deadLetterAlarms({ deadLetterQueues }: CheckedMonitoringProps): AlarmPlan[] {
  return Object.entries(deadLetterQueues).map(([name, { queue, redelivery }]) => ({
    id: `DeadLetters${name}`,
    description: `Events could not be delivered and wait in a dead-letter queue until its retention ends. In the SQS console poll the queue for messages; their attribute ERROR_MESSAGE, or their body, names the cause to remove. ${redelivery}`,
    metric: queue.metricApproximateNumberOfMessagesVisible({
      statistic: 'Maximum',
      period: fiveMinutes,
    }),
    threshold: 0,
    // SQS says nothing of a queue that has been empty and unused for hours.
    missing: nothingHappened,
  }));
}

function platformAlarms({ functions, table }: CheckedMonitoringProps): AlarmPlan[] {
  return [
    {
      id: 'SendThrottles',
      description:
        'Lambda refused to run the sending function: the account has no concurrency left for maxSendConcurrency. The calls are tried again; in the Service Quotas console compare "Concurrent executions" with the dashboard\'s last row, then raise the quota or lower maxSendConcurrency.',
      metric: functions.SendChunks.metricThrottles({ statistic: 'Sum', period: fiveMinutes }),
      threshold: 0,
      missing: nothingHappened,
    },
    {
      id: 'TableThrottles',
      description:
        "DynamoDB throttled the table of proofs; the steps try again. In the DynamoDB console look at the table's metrics and its maximum throughput, and at Contributor Insights for a hot key.",
      metric: tableThrottles(table),
      threshold: 0,
      missing: nothingHappened,
    },
  ];
}

function reconcilerAlarms({ reconciler }: CheckedMonitoringProps): AlarmPlan[] {
  if (!reconciler) return [];
  return [
    {
      id: 'ReconcilerFails',
      description:
        'The reconciler fails, so that executions which were aborted or timed out stay unsettled and keep their slots. Open its log group in the CloudWatch console and read the last line of level ERROR.',
      metric: reconciler.metricErrors({ statistic: 'Sum', period: fiveMinutes }),
      threshold: 0,
      missing: nothingHappened,
    },
    {
      id: 'ReconcilerSilent',
      description:
        'The reconciler has not run for 15 minutes, though it is due every five; the gauges of this dashboard stand still. In the EventBridge console check that its schedule is enabled and may invoke it.',
      metric: reconciler.metricInvocations({ statistic: 'Sum', period: quarterHour }),
      threshold: 1,
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      // Lambda writes no zero: a function that is never called has no value at all.
      missing: TreatMissingData.BREACHING,
    },
  ];
}

function dispatcherAlarms({
  deployment,
  dispatcher,
  alarmThresholds,
}: CheckedMonitoringProps): AlarmPlan[] {
  if (!dispatcher) return [];
  return [
    {
      id: 'QueueStalled',
      description:
        'The queue does not move although slots are free and transfers are not paused. In the Step Functions console open the newest executions whose input has "dispatched", and read why they ended before they took their transfers; then read the dispatcher\'s log group from the last entry of level WARN.',
      metric: productMetric(deployment, 'QueueStalledSeconds', { statistic: 'Maximum' }),
      threshold: alarmThresholds.queueStalled.toSeconds(),
      missing: unchanged,
    },
    {
      id: 'DispatcherFails',
      description:
        'The dispatcher has failed for ten minutes, so that queued transfers do not start. Open its log group in the CloudWatch console and read the last entry of level ERROR; its field nextStep says what to do. Nothing is lost: the queue goes on once the cause is gone.',
      metric: dispatcher.metricErrors({ statistic: 'Sum', period: fiveMinutes }),
      threshold: 0,
      // It runs every minute, so a lasting fault shows in both; a command that it refuses does not.
      periods: 2,
      missing: nothingHappened,
    },
    {
      id: 'DispatcherSilent',
      description:
        'The dispatcher has not run for 15 minutes, though it is due every minute: queued transfers do not start, and the queue is not measured. In the EventBridge console check that its schedule is enabled and may invoke it; in the Lambda console check that its concurrency is not 0.',
      metric: dispatcher.metricInvocations({ statistic: 'Sum', period: quarterHour }),
      threshold: 1,
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      missing: TreatMissingData.BREACHING,
    },
  ];
}
