import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import {
  deploymentDimension,
  type MetricName,
  metricCatalogue,
  metricNamespace,
} from '#src/core/shared-with-infra/metrics.ts';

/** How a graph or an alarm reads one of the product's metrics. */
export interface MetricView {
  /** In CloudWatch's names: `Sum`, `Maximum`, `p50`. */
  readonly statistic: string;
  /** @default 5 minutes, the interval in which the reconciler writes its gauges */
  readonly period?: Duration;
  /** One value of the metric's own dimension. */
  readonly by?: string;
  readonly label?: string;
}

/** The period of every graph and of most alarms. */
export const fiveMinutes = Duration.minutes(5);

type SplitMetric = {
  [K in MetricName]: (typeof metricCatalogue)[K] extends { readonly dimension: string } ? K : never;
}[MetricName];

/** Returns one of the product's metrics for a deployment. */
export function productMetric(deployment: string, name: MetricName, view: MetricView): Metric {
  const entry = metricCatalogue[name];
  return new Metric({
    namespace: metricNamespace,
    metricName: name,
    dimensionsMap: {
      [deploymentDimension]: deployment,
      ...('dimension' in entry && view.by !== undefined && { [entry.dimension]: view.by }),
    },
    statistic: view.statistic,
    period: view.period ?? fiveMinutes,
    ...(view.label !== undefined && { label: view.label }),
  });
}

/** Returns a metric by each value of its dimension, for graphs: alarms do not support a search. */
export function byAllValues(deployment: string, name: SplitMetric): MathExpression {
  const { dimension } = metricCatalogue[name];
  const schema = `{${metricNamespace},${deploymentDimension},${dimension}}`;
  const filter = `MetricName="${name}" ${deploymentDimension}="${deployment}"`;
  return new MathExpression({
    expression: `SEARCH('${schema} ${filter}', 'Sum', ${fiveMinutes.toSeconds()})`,
    label: `\${PROP('Dim.${dimension}')}`,
    period: fiveMinutes,
  });
}
