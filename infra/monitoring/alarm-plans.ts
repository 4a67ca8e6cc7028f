import { Duration } from 'aws-cdk-lib';
import {
  ComparisonOperator,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { ErrorName } from '#src/core/errors/error-lookup.ts';
import type { CheckedMonitoringProps } from './monitoring-props.ts';
import { tableThrottles } from './platform-metrics.ts';
import { fiveMinutes, productMetric } from './product-metric.ts';

/** The definition of an alarm. */
export interface AlarmPlan {
  /** Part of the logical id; it must not change. */
  readonly id: string;
  /** The meaning of the alarm and the first thing to do. */
  readonly description: string;
  readonly metric: IMetric;
  /** The alarm goes off above it, or as `comparison` defines. */
  readonly threshold: number;
  readonly comparison?: ComparisonOperator;
  /** Consecutive periods that must all breach. Default: 1. */
  readonly periods?: number;
  readonly missing: TreatMissingData;
}

/** A counter has a value only when it counts: a missing value is zero. */
const nothingHappened = TreatMissingData.NOT_BREACHING;

/** A gauge has a value every five minutes: after a missing value the alarm keeps its state. */
const unchanged = TreatMissingData.IGNORE;

const throttled: ErrorName = 'ThrottledError';

const quarterHour = Duration.minutes(15);

/** Returns every alarm, the most important first. */
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
        'A transfer or a start failed. Within minutes a notice on the same topic names the object, the error and the next step. On the dashboard, check "Failures by error" and "Last errors".',
      metric: productMetric(deployment, 'TransfersFailed', { statistic: 'Sum' }),
      threshold: 0,
      missing: nothingHappened,
    },
    {
      id: 'NoProgress',
      description:
        'Transfers hold slots, but no chunk has arrived for the threshold\'s time. In the Step Functions console, open the oldest running execution and check its last state. Then check "Retries by cause" on the dashboard and the service\'s status page.',
      metric: standstill(deployment),
      threshold: 0,
      periods: alarmThresholds.noProgress.toMinutes() / fiveMinutes.toMinutes(),
      // Without the gauge the number of active transfers is unknown; ReconcilerSilent reports that.
      missing: nothingHappened,
    },
    {
      id: 'SessionsNearExpiry',
      description:
        'An upload session ends within two hours; after that, all of its chunks are sent again. Search the reconciler\'s logs for "session ends soon", which names the transfer. Check "Retries by cause" on the dashboard for what slows it, or raise maxSendConcurrency.',
      metric: productMetric(deployment, 'SessionsNearExpiry', { statistic: 'Maximum' }),
      threshold: 0,
      missing: unchanged,
    },
    {
      id: 'LateDuplicates',
      description:
        'A replaced session created an asset late: one object may have two assets. "Last errors" on the dashboard lists the assets as duplicates, as do the logs of AwaitAsset and of the reconciler. Delete those assets at the service.',
      metric: productMetric(deployment, 'LateDuplicates', { statistic: 'Sum' }),
      threshold: 0,
      missing: nothingHappened,
    },
    {
      id: 'ClaimsRejected',
      description:
        'An event named a bucket of another account and was rejected. Search the logs of InspectSource for SourceClaimRejectedError, which names the sending account. If that account is not yours, remove it from sourceAccounts or organizationId.',
      metric: productMetric(deployment, 'ClaimsRejected', { statistic: 'Sum' }),
      threshold: 0,
      missing: nothingHappened,
    },
  ];
}

/** 1 while transfers are active and no byte arrives; no value before the first gauge. */
function standstill(deployment: string): MathExpression {
  return new MathExpression({
    expression: 'IF(FILL(active, REPEAT) > 0 AND FILL(bytes, 0) == 0, 1, 0)',
    usingMetrics: {
      active: productMetric(deployment, 'ActiveTransfers', { statistic: 'Maximum' }),
      bytes: productMetric(deployment, 'BytesSent', { statistic: 'Sum' }),
    },
    label: 'Active, and no byte arrives',
    period: fiveMinutes,
  });
}

function serviceAlarms({ deployment, alarmThresholds }: CheckedMonitoringProps): AlarmPlan[] {
  return [
    {
      id: 'ServiceThrottles',
      description:
        'The service answers 429 repeatedly. Transfers wait and continue automatically. Lower maxActiveTransfers or mapConcurrency and deploy, or ask the service for a higher rate limit.',
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
        'The service has unfinished sessions that no transfer owns: create replies were lost, or another client uses this API key. If "Retries by cause" shows no CreateReplyLostError, check who uses the key. Search the reconciler\'s logs for "orphan session" for the upload ids. The sessions end automatically when they expire.',
      metric: productMetric(deployment, 'OrphanSessions', { statistic: 'Maximum' }),
      threshold: alarmThresholds.orphanSessions,
      missing: unchanged,
    },
    {
      id: 'UnconfirmedEvents',
      description:
        'Outcomes are recorded, but for 15 minutes their events could not be put on the bus. The reconciler retries them. Search the logs of RecordOutcome for EventNotPublishedError, and check the bus and the permission to put events on it.',
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
    description: `Events could not be delivered. They stay in a dead-letter queue until its retention ends. In the SQS console, poll the queue for messages. Their attribute ERROR_MESSAGE, or their body, names the cause to remove. ${redelivery}`,
    metric: queue.metricApproximateNumberOfMessagesVisible({
      statistic: 'Maximum',
      period: fiveMinutes,
    }),
    threshold: 0,
    // SQS reports no value for a queue that has been empty and unused for hours.
    missing: nothingHappened,
  }));
}

function platformAlarms({ functions, table }: CheckedMonitoringProps): AlarmPlan[] {
  return [
    {
      id: 'SendThrottles',
      description:
        'Lambda throttled the sending function: the account has too little concurrency for maxSendConcurrency. The calls are retried. In the Service Quotas console, compare "Concurrent executions" with the last row of the dashboard. Then raise the quota or lower maxSendConcurrency.',
      metric: functions.SendChunks.metricThrottles({ statistic: 'Sum', period: fiveMinutes }),
      threshold: 0,
      missing: nothingHappened,
    },
    {
      id: 'TableThrottles',
      description:
        "DynamoDB throttled the table of proofs; the steps retry. In the DynamoDB console, check the table's metrics, its maximum throughput, and Contributor Insights for a hot key.",
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
        'The reconciler fails: transfers whose executions were aborted or timed out stay open and hold their slots. In the CloudWatch console, open its log group and read the last entry of level ERROR.',
      metric: reconciler.metricErrors({ statistic: 'Sum', period: fiveMinutes }),
      threshold: 0,
      missing: nothingHappened,
    },
    {
      id: 'ReconcilerSilent',
      description:
        'The reconciler has not run for 15 minutes; it is due every five. The gauges of the dashboard are not updated. In the EventBridge console, check that its schedule is enabled and may invoke it.',
      metric: reconciler.metricInvocations({ statistic: 'Sum', period: quarterHour }),
      threshold: 1,
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      // Lambda writes no zero: a function without calls has no value.
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
        'The queue does not move although slots are free and transfers are not paused. In the Step Functions console, open the newest executions whose input has "dispatched", and check why they ended before they took their transfers. Then read the dispatcher\'s log group from the last entry of level WARN.',
      metric: productMetric(deployment, 'QueueStalledSeconds', { statistic: 'Maximum' }),
      threshold: alarmThresholds.queueStalled.toSeconds(),
      missing: unchanged,
    },
    {
      id: 'DispatcherFails',
      description:
        'The dispatcher has failed for ten minutes: queued transfers do not start. In the CloudWatch console, open its log group and read the last entry of level ERROR; its field nextStep names what to do. No transfer is lost: the queue continues after the cause is removed.',
      metric: dispatcher.metricErrors({ statistic: 'Sum', period: fiveMinutes }),
      threshold: 0,
      // It runs every minute: a lasting fault shows in both periods, a rejected command does not.
      periods: 2,
      missing: nothingHappened,
    },
    {
      id: 'DispatcherSilent',
      description:
        'The dispatcher has not run for 15 minutes; it is due every minute. Queued transfers do not start, and the queue is not measured. In the EventBridge console, check that its schedule is enabled and may invoke it. In the Lambda console, check that its concurrency is not 0.',
      metric: dispatcher.metricInvocations({ statistic: 'Sum', period: quarterHour }),
      threshold: 1,
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      missing: TreatMissingData.BREACHING,
    },
  ];
}
