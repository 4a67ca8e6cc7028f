import {
  GraphWidget,
  type HorizontalAnnotation,
  type IMetric,
  type IWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';

/** A dashboard is 24 units wide. */
export const wholeWidth = 24;

/** Returns a heading over the rows that follow. */
export function createHeading(text: string): IWidget {
  return new TextWidget({ markdown: `## ${text}`, width: wholeWidth, height: 1 });
}

/** Returns a graph, 6 units high. */
export function createGraph(
  title: string,
  width: number,
  left: IMetric[],
  leftAnnotations: HorizontalAnnotation[] = [],
): IWidget {
  return new GraphWidget({ title, left, leftAnnotations, width, height: 6 });
}

/** Returns the line of a configured bound in a graph; empty if the bound is undefined. */
export function bound(label: string, value: number | undefined): HorizontalAnnotation[] {
  return value === undefined ? [] : [{ label, value }];
}
