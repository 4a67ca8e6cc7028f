import { Lazy } from 'aws-cdk-lib';
import { type CfnRule, Rule } from 'aws-cdk-lib/aws-events';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { Source } from '#src/core/source/sources.ts';
import type { DeadLetterQueue } from './dead-letter-queue.ts';
import { startTransfer } from './start-transfer.ts';

/** A bucket, and the state machine that its events start. */
export interface ObjectCreatedRuleProps {
  /** A bucket that sends its events to EventBridge. The rule does not change the bucket's settings. */
  readonly bucket: string;
  /** Returns the bucket's sources. The synthesis calls it, because sources may be added until then. */
  readonly sources: () => readonly Source[];
  readonly stateMachine: IStateMachine;
  readonly deadLetterQueue: DeadLetterQueue;
}

/** An event pattern has at most 2,048 characters (EventBridge quotas, 2026). */
const maxPatternCharacters = 2_048;

/**
 * Starts an execution for each new object in the bucket, created by any API; the event is the input.
 * The pattern filters by prefix and minimum size to save executions. InspectSource filters exactly,
 * because a pattern cannot require both a prefix and a suffix.
 */
export class ObjectCreatedRule extends Rule {
  constructor(scope: Construct, id: string, props: ObjectCreatedRuleProps) {
    super(scope, id, {
      description: 'Starts a transfer for each object created in a source bucket',
      eventPattern: { source: ['aws.s3'] },
      targets: [startTransfer(props)],
    });
    (this.node.defaultChild as CfnRule).eventPattern = Lazy.any({
      produce: () => objectCreatedPattern([props.bucket], props.sources()),
    });
  }
}

/** Returns the pattern of events that may belong to one of the sources. */
export function objectCreatedPattern(buckets: readonly string[], sources: readonly Source[]) {
  const pattern = patternOf(buckets, { ...prefixFilter(sources), ...sizeFilter(sources) });
  if (JSON.stringify(pattern).length <= maxPatternCharacters) return pattern;
  return patternOf(buckets, sizeFilter(sources));
}

function patternOf(buckets: readonly string[], object: object) {
  return {
    source: ['aws.s3'],
    'detail-type': ['Object Created'],
    detail: {
      bucket: { name: buckets },
      ...(Object.keys(object).length > 0 && { object }),
    },
  };
}

function prefixFilter(sources: readonly Source[]) {
  if (sources.length === 0 || sources.some(({ prefixes }) => !prefixes?.length)) return {};
  const prefixes = new Set(sources.flatMap((source) => source.prefixes ?? []));
  return { key: [...prefixes].map((prefix) => ({ prefix })) };
}

function sizeFilter(sources: readonly Source[]) {
  const least = Math.min(...sources.map(({ minSize = 0 }) => minSize));
  return least > 0 && Number.isFinite(least) ? { size: [{ numeric: ['>=', least] }] } : {};
}
