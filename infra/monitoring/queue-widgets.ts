import { Duration } from 'aws-cdk-lib';
import type { IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { MetricName } from '#src/core/shared-with-infra/metrics.ts';
import type { CheckedMonitoringProps } from './monitoring-props.ts';
import { productMetric } from './product-metric.ts';
import { bound, createGraph } from './widgets.ts';

/** How often the dispatcher measures the queue. */
const period = Duration.minutes(1);

/** Returns the graphs of the queue: its length, its age, the starts, the slots, and pauses. */
export function queueWidgets(props: CheckedMonitoringProps): IWidget[] {
  const { deployment, maxActiveTransfers, alarmThresholds } = props;
  const gauge = (name: MetricName) =>
    productMetric(deployment, name, { statistic: 'Maximum', period });
  const count = (name: MetricName) => productMetric(deployment, name, { statistic: 'Sum', period });
  return [
    createGraph('Transfers in the queue', 5, [gauge('QueueLength')]),
    createGraph(
      'Oldest transfer, and time without a start, s',
      5,
      [gauge('OldestQueuedSeconds'), gauge('QueueStalledSeconds')],
      bound('queueStalled', alarmThresholds.queueStalled.toSeconds()),
    ),
    createGraph('Queued and dispatched, each minute', 5, [
      count('TransfersQueued'),
      count('TransfersDispatched'),
    ]),
    createGraph(
      'Active slots',
      5,
      [productMetric(deployment, 'ActiveTransfers', { statistic: 'Maximum' })],
      bound('maxActiveTransfers', maxActiveTransfers),
    ),
    createGraph('Paused, window open (1 = yes)', 4, [gauge('Paused'), gauge('WindowOpen')]),
  ];
}
