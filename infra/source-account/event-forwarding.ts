import { Aws } from 'aws-cdk-lib';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { EventBus as EventBusTarget } from 'aws-cdk-lib/aws-events-targets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { DeadLetterQueue } from '../constructs/dead-letter-queue.ts';
import { objectCreatedPattern } from '../constructs/object-created-rule.ts';
import type { CheckedSourceAccountProps } from './source-account-props.ts';

/**
 * Sends the events of created objects directly to the bus: EventBridge does not forward a forwarded
 * event again. Events that cannot be delivered for 24 h stay in a queue for 14 days.
 */
export class EventForwarding extends Construct {
  readonly rule: Rule;
  readonly deadLetterQueue: DeadLetterQueue;

  constructor(scope: Construct, id: string, props: CheckedSourceAccountProps) {
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
    // The rule also waits for the role's policy: the first event may arrive with the rule.
    this.rule.node.addDependency(role);
  }

  /** The target adds the only permission: to put events on this bus. */
  #role(): Role {
    return new Role(this, 'Role', {
      description: 'Lets EventBridge put the events of the source buckets on the bus of Chunkferry',
      assumedBy: new ServicePrincipal('events.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    });
  }
}
