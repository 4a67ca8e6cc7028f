import { type IMetric, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Operation, type Table } from 'aws-cdk-lib/aws-dynamodb';
import { fiveMinutes } from './product-metric.ts';

/** The operations on rows. One alarm can add up ten metrics at most. */
const operations = [
  Operation.GET_ITEM,
  Operation.QUERY,
  Operation.PUT_ITEM,
  Operation.UPDATE_ITEM,
  Operation.DELETE_ITEM,
];

/** Returns the requests that DynamoDB throttled, also because of an index that lags behind its table. */
export function tableThrottles(table: Table): IMetric {
  return table.metricThrottledRequestsForOperations({
    operations,
    statistic: 'Sum',
    period: fiveMinutes,
  });
}

/** Returns the open executions of the account and Region, or their limit. */
export function openExecutions(what: 'OpenExecutionCount' | 'OpenExecutionLimit'): Metric {
  return new Metric({
    namespace: 'AWS/States',
    metricName: what,
    statistic: 'Maximum',
    period: fiveMinutes,
    label: what === 'OpenExecutionCount' ? 'Open in the account' : 'Limit of the account',
  });
}
