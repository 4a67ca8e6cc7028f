import { Aws, Duration } from 'aws-cdk-lib';
import {
  type AddToResourcePolicyResult,
  PolicyStatement,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledge } from '#infra/permissions/acknowledge.ts';

/** How the CDK names the statement that each rule adds for itself. */
const ofOneRule = 'AllowEventRule';

/**
 * Keeps what rules could not deliver for 14 days, the longest that SQS does; encrypted, over TLS only.
 * Rules of this account and Region may send to it.
 */
export class DeadLetterQueue extends Queue {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    super.addToResourcePolicy(this.#letRulesSend());
    acknowledge(
      this,
      'This is a dead-letter queue itself: nothing consumes it but a person.',
      'SQS3',
    );
  }

  /** A queue's policy takes 20 statements (SQS quotas, 2026): one must do for all rules. */
  override addToResourcePolicy(statement: PolicyStatement): AddToResourcePolicyResult {
    if (!statement.sid?.startsWith(ofOneRule)) return super.addToResourcePolicy(statement);
    return { statementAdded: true, policyDependable: this };
  }

  #letRulesSend(): PolicyStatement {
    const rules = `arn:${Aws.PARTITION}:events:${this.stack.region}:${this.stack.account}:rule/*`;
    return new PolicyStatement({
      sid: 'AllowEventRules',
      actions: ['sqs:SendMessage'],
      principals: [new ServicePrincipal('events.amazonaws.com')],
      resources: [this.queueArn],
      conditions: { ArnLike: { 'aws:SourceArn': rules } },
    });
  }
}
