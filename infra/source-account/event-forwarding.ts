import { Aws } from 'aws-cdk-lib';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { EventBus as EventBusTarget } from 'aws-cdk-lib/aws-events-targets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { DeadLetterQueue } from '../constructs/dead-letter-queue.ts';
import { objectCreatedPattern } from '../constructs/object-created-rule.ts';
import type { SourceAccountProps } from './source-account-props.ts';

/**
 * Sends the events of objects created in the buckets straight to the bus: one step, for an event that
 * was forwarded is not forwarded again. What can't be delivered for 24 h is kept for 14 days.
 */
export class EventForwarding extends Construct {
  readonly rule: Rule;
  readonly deadLetterQueue: DeadLetterQueue;

  constructor(scope: Construct, id: string, props: SourceAccountProps) {
    super(scope, id);
    this.deadLetterQueue = new DeadLetterQueue(this, 'DeadLetters');
    const role = this.#role();
    const { 'detail-type': detailType, ...pattern } = objectCreatedPattern(
      props.buckets,
      props.buckets.map((bucket) => ({ bucket, prefixes: props.prefixes })),
    );
    this.rule = new Rule(this, 'Rule', {
      description: 'Sends the events of objects created in the source buckets to Chunkferry',
      eventPattern: { ...pattern, detailType },
      targets: [
        new EventBusTarget(EventBus.fromEventBusArn(this, 'Bus', props.busArn), {
          role,
          deadLetterQueue: this.deadLetterQueue,
        }),
      ],
    });
    // Its policy too: the first event may come the moment the rule is there.
    this.rule.node.addDependency(role);
  }

  /** The target adds the one permission it needs: to put events on the one bus. */
  #role(): Role {
    return new Role(this, 'Role', {
      description: 'Lets EventBridge put the events of the source buckets on the bus of Chunkferry',
      assumedBy: new ServicePrincipal('events.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    });
  }
}
