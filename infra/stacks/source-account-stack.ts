import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { keyPolicyStatement, regionOfKey } from '#infra/permissions/key-policy.ts';
import { SourceAccount } from '#infra/source-account/source-account.ts';
import type { SourceAccountProps } from '#infra/source-account/source-account-props.ts';

/** Props of a SourceAccountStack, including those of a CDK stack. */
export interface SourceAccountStackProps extends StackProps, SourceAccountProps {}

/**
 * The only part of Chunkferry in a source account: deploy it in each Region with source buckets. It
 * has no table, function or key.
 */
export class SourceAccountStack extends Stack {
  /** The forwarding rule, the reader role and the alarm. */
  readonly sourceAccount: SourceAccount;

  /** @throws ConfigurationError - names the prop, its value and what must hold */
  constructor(scope: Construct, id: string, props: SourceAccountStackProps) {
    super(scope, id, props);
    this.sourceAccount = new SourceAccount(this, 'SourceAccount', props);
    const { forwarding, alarm, reader } = this.sourceAccount;
    new CfnOutput(this, 'DeadLetterQueueUrl', {
      description: 'Holds events that could not be sent to the bus',
      value: forwarding.deadLetterQueue.queueUrl,
    });
    new CfnOutput(this, 'AlarmTopicArn', {
      description: 'Receives the alarm about that queue; subscribe to it',
      value: alarm.topic.topicArn,
    });
    if (!reader) return;
    new CfnOutput(this, 'ReaderRoleArn', { value: reader.roleArn });
    const regions = (props.kmsKeyArns ?? []).map((arn) => regionOfKey(arn, this.region));
    if (regions.length === 0) return;
    new CfnOutput(this, 'KeyPolicyStatement', {
      description: 'Add this to the policies of the KMS keys',
      value: this.toJsonString(keyPolicyStatement([reader.roleArn], 's3', regions)),
    });
  }
}
