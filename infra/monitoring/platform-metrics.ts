import { type IMetric, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Operation, type Table } from 'aws-cdk-lib/aws-dynamodb';
import { fiveMinutes } from './product-metric.ts';

/** The calls by which rows are written and read: at most ten, as many as one alarm may add up. */
const operations = [
  Operation.GET_ITEM,
  Operation.QUERY,
  Operation.PUT_ITEM,
  Operation.UPDATE_ITEM,
  Operation.DELETE_ITEM,
];

/** Requests of ours that DynamoDB throttled; an index that can't follow its table counts too. */
export function tableThrottles(table: Table): IMetric {
  return table.metricThrottledRequestsForOperations({
    operations,
    statistic: 'Sum',
    period: fiveMinutes,
  });
}

/** Executions open now in the account and Region, or how many may be. */
export function openExecutions(what: 'OpenExecutionCount' | 'OpenExecutionLimit'): Metric {
  return new Metric({
    namespace: 'AWS/States',
    metricName: what,
    statistic: 'Maximum',
    period: fiveMinutes,
    label: what === 'OpenExecutionCount' ? 'Open in the account' : 'Limit of the account',
  });
}
