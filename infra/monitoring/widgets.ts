import {
  GraphWidget,
  type HorizontalAnnotation,
  type IMetric,
  type IWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';

/** A dashboard is 24 units wide. */
export const wholeWidth = 24;

/** A heading over the rows that follow. */
export function heading(text: string): IWidget {
  return new TextWidget({ markdown: `## ${text}`, width: wholeWidth, height: 1 });
}

/** One graph, 6 units high. */
export function graph(
  title: string,
  width: number,
  left: IMetric[],
  leftAnnotations: HorizontalAnnotation[] = [],
): IWidget {
  return new GraphWidget({ title, left, leftAnnotations, width, height: 6 });
}

/** Marks a configured bound in a graph; nothing where the bound is unknown. */
export function bound(label: string, value: number | undefined): HorizontalAnnotation[] {
  return value === undefined ? [] : [{ label, value }];
}
