import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import {
  deploymentDimension,
  type MetricName,
  metricCatalogue,
  metricNamespace,
} from '#src/core/stack/metrics.ts';

/** How one of the product's metrics is looked at. */
export interface Look {
  /** As CloudWatch spells it: `Sum`, `Maximum`, `p50`. */
  readonly statistic: string;
  /** @default 5 minutes, which is how often the reconciler writes its gauges */
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

/** One of the product's metrics, of one deployment. */
export function productMetric(deployment: string, name: MetricName, look: Look): Metric {
  const entry = metricCatalogue[name];
  return new Metric({
    namespace: metricNamespace,
    metricName: name,
    dimensionsMap: {
      [deploymentDimension]: deployment,
      ...('dimension' in entry && look.by !== undefined && { [entry.dimension]: look.by }),
    },
    statistic: look.statistic,
    period: look.period ?? fiveMinutes,
    ...(look.label !== undefined && { label: look.label }),
  });
}

/** A metric by all values of its dimension, whichever turn up: for graphs, as no alarm can search. */
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
