import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  type IWidget,
  LogQueryWidget,
  MathExpression,
  PeriodOverride,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { StateTransitionMetric } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { MetricName } from '#src/core/shared-with-infra/metrics.ts';
import type { CheckedMonitoringProps } from './monitoring-props.ts';
import { openExecutions, tableThrottles } from './platform-metrics.ts';
import { byAllValues, fiveMinutes, type MetricView, productMetric } from './product-metric.ts';
import { queueWidgets } from './queue-widgets.ts';
import { bound, createGraph, createHeading, wholeWidth } from './widgets.ts';

/** Creates the dashboard: the last three hours under five headings, each answering one question. */
export function createTransferDashboard(
  scope: Construct,
  props: CheckedMonitoringProps,
  alarms: Alarm[],
): Dashboard {
  return new Dashboard(scope, 'Dashboard', {
    defaultInterval: Duration.hours(3),
    periodOverride: PeriodOverride.INHERIT,
    widgets: [
      [createHeading('What is moving')],
      moving(props),
      [createHeading('What waits')],
      queueWidgets(props),
      [createHeading('How fast')],
      speed(props),
      [createHeading('What failed and why')],
      ...failures(props, alarms),
      [createHeading('How far from the quotas')],
      quotas(props),
    ],
  });
}

function moving({ deployment }: CheckedMonitoringProps): IWidget[] {
  const count = (name: MetricName) => productMetric(deployment, name, { statistic: 'Sum' });
  return [
    createGraph('Transfers', 12, [
      count('TransfersStarted'),
      count('TransfersReady'),
      count('TransfersFailed'),
      count('TransfersSuperseded'),
      count('TransfersCancelled'),
    ]),
    createGraph('Events that start nothing', 12, [
      count('EventsIgnored'),
      byAllValues(deployment, 'EventsIgnoredByReason'),
      count('ClaimsRejected'),
    ]),
  ];
}

function speed({ deployment }: CheckedMonitoringProps): IWidget[] {
  const one = (name: MetricName, view: MetricView) => productMetric(deployment, name, view);
  const percentiles = (name: MetricName, ...statistics: string[]) =>
    statistics.map((statistic) => one(name, { statistic, label: `${name} ${statistic}` }));
  return [
    createGraph('Bytes a second, all transfers', 5, [bytesASecond(deployment)]),
    createGraph('Bytes a second, one sending call', 5, percentiles('Throughput', 'p50')),
    createGraph('Time for one chunk, ms', 5, percentiles('ChunkLatency', 'p50', 'p99')),
    createGraph('Time until ready, s', 4, percentiles('TimeToReady', 'p50', 'p99')),
    createGraph('Chunks, by the host that took them', 5, [
      one('ChunksSent', { statistic: 'Sum' }),
      byAllValues(deployment, 'ChunksToHost'),
    ]),
  ];
}

function bytesASecond(deployment: string): MathExpression {
  return new MathExpression({
    expression: 'bytes / PERIOD(bytes)',
    usingMetrics: { bytes: productMetric(deployment, 'BytesSent', { statistic: 'Sum' }) },
    label: 'BytesSent a second',
    period: fiveMinutes,
  });
}

function failures(props: CheckedMonitoringProps, alarms: Alarm[]): IWidget[][] {
  const { deployment } = props;
  const count = (name: MetricName) => productMetric(deployment, name, { statistic: 'Sum' });
  const gauge = (name: MetricName) => productMetric(deployment, name, { statistic: 'Maximum' });
  return [
    [
      createGraph('Failures by error', 6, [byAllValues(deployment, 'FailuresByError')]),
      createGraph('Retries by cause', 6, [byAllValues(deployment, 'Retries')]),
      createGraph('Closed by the reconciler, and left behind', 6, [
        count('TransfersClosed'),
        count('LateDuplicates'),
        gauge('OrphanSessions'),
        gauge('UnconfirmedEvents'),
      ]),
      new AlarmStatusWidget({ title: 'Alarms', alarms, width: 6, height: 6 }),
    ],
    [createGraph('Seconds waited, by cause', 6, [byAllValues(deployment, 'WaitSeconds')])],
    [lastErrors(props)],
    [lastWaits(props)],
  ];
}

/**
 * The log entries of failed calls: the error, its reason and the next step. Late duplicates are
 * included, because the operator must act on them.
 */
function lastErrors(props: CheckedMonitoringProps): IWidget {
  return logTable(props, 'Last errors', [
    `fields @timestamp, bucket, key, coalesce(error, message) as what, reason, nextStep, duplicates, step, ${ids}`,
    'filter level = "ERROR" and (ispresent(error) or ispresent(duplicates))',
  ]);
}

/** The log entries of waits: the reason and the time of the next try. Most waits need no action. */
function lastWaits(props: CheckedMonitoringProps): IWidget {
  return logTable(props, 'Last waits', [
    `fields @timestamp, bucket, key, error, reason, nextTry, step, ${ids}`,
    'filter message = "waiting"',
  ]);
}

/** The fields that lead from a log entry to its transfer, its execution and the rest of its call. */
const ids = 'transferId, execution, requestId';

/** Rows of one table. The viewer chooses the dashboard's time range. */
const maxRows = 100;

/** Returns a table of the newest entries that a query finds in the logs of all functions. */
function logTable(
  { functions, reconciler, dispatcher }: CheckedMonitoringProps,
  title: string,
  queryLines: string[],
): IWidget {
  const others = [reconciler, dispatcher].filter((one) => one !== undefined);
  const searched = [...Object.values(functions), ...others];
  return new LogQueryWidget({
    title,
    logGroupNames: searched.map(({ logGroup }) => logGroup.logGroupName),
    queryLines: [...queryLines, 'sort @timestamp desc', `limit ${maxRows}`],
    width: wholeWidth,
    height: 6,
  });
}

function quotas(props: CheckedMonitoringProps): IWidget[] {
  const { deployment, functions, table, stateMachine, maxSendConcurrency } = props;
  const gauge = (name: MetricName) => productMetric(deployment, name, { statistic: 'Maximum' });
  const most = { statistic: 'Maximum', period: fiveMinutes };
  return [
    createGraph(
      'Lambda: concurrent executions',
      5,
      [
        functions.SendChunks.metric('ConcurrentExecutions', { ...most, label: 'Sending' }),
        LambdaFunction.metricAllConcurrentExecutions({ ...most, label: 'The whole account' }),
      ],
      bound('maxSendConcurrency', maxSendConcurrency),
    ),
    createGraph('Step Functions: open executions', 5, [
      openExecutions('OpenExecutionCount'),
      openExecutions('OpenExecutionLimit'),
    ]),
    createGraph('Throttled', 5, [
      functions.SendChunks.metricThrottles({ period: fiveMinutes, label: 'Lambda: sending' }),
      stateMachine.metricThrottled({ period: fiveMinutes, label: 'Step Functions: starts' }),
      StateTransitionMetric.metricThrottledEvents({
        statistic: 'Sum',
        period: fiveMinutes,
        label: 'Step Functions: transitions in the account',
      }),
      tableThrottles(table),
    ]),
    createGraph('Call rates lowered, calls stopped, by kind', 5, [
      byAllValues(deployment, 'RateLowered'),
      byAllValues(deployment, 'CallsStopped'),
    ]),
    createGraph('Sessions near their end', 4, [gauge('SessionsNearExpiry')]),
  ];
}
