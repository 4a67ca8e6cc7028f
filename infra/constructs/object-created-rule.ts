import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

/** What starts what. */
export interface ObjectCreatedRuleProps {
  /** Buckets that send their events to EventBridge; this never changes their notification settings. */
  readonly buckets: readonly IBucket[];
  readonly stateMachine: IStateMachine;
}

/**
 * Starts an execution for each object that comes into one of the buckets, whatever API made it: the
 * event as it comes is the input. An event that can't start one for 24 h is kept for 14 days.
 */
export class ObjectCreatedRule extends Construct {
  readonly rule: Rule;
  readonly deadLetterQueue: Queue;

  constructor(scope: Construct, id: string, props: ObjectCreatedRuleProps) {
    super(scope, id);
    this.deadLetterQueue = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    this.rule = new Rule(this, 'Rule', {
      description: 'Starts a transfer for each object created in a source bucket',
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: { bucket: { name: props.buckets.map((bucket) => bucket.bucketName) } },
      },
      targets: [new SfnStateMachine(props.stateMachine, { deadLetterQueue: this.deadLetterQueue })],
    });
  }
}
