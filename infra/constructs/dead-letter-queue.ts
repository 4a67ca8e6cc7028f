import { Aws, Duration } from 'aws-cdk-lib';
import {
  type AddToResourcePolicyResult,
  PolicyStatement,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledge } from '#infra/permissions/acknowledge.ts';

/** The CDK's prefix for the statement id that each rule adds. */
const ruleStatementPrefix = 'AllowEventRule';

/**
 * A queue for events that rules could not deliver. It retains them for 14 days, SQS's maximum,
 * encrypted, over TLS only. Rules of this account and Region may send to it.
 */
export class DeadLetterQueue extends Queue {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    super.addToResourcePolicy(this.#allowRules());
    acknowledge(this, 'This is a dead-letter queue itself: only an operator reads it.', 'SQS3');
  }

  /** A queue's policy may have 20 statements (SQS quotas, 2026): one statement applies to all rules. */
  override addToResourcePolicy(statement: PolicyStatement): AddToResourcePolicyResult {
    if (!statement.sid?.startsWith(ruleStatementPrefix))
      return super.addToResourcePolicy(statement);
    return { statementAdded: true, policyDependable: this };
  }

  #allowRules(): PolicyStatement {
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
