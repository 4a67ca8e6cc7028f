import { ArnFormat } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';

export interface AlarmTopicProps {
  /** Named in the subject of mails. */
  readonly deployment: string;
  /** Receives every alarm after its owner confirms the subscription. */
  readonly alarmEmail: string | undefined;
}

/**
 * Receives alarms of its account and Region and notices about failed transfers, over TLS only. It has
 * no encryption key: CloudWatch cannot publish to a topic under the key that SNS manages, and mails
 * are readable anyway.
 */
export class AlarmTopic extends Topic {
  constructor(scope: Construct, id: string, { deployment, alarmEmail }: AlarmTopicProps) {
    super(scope, id, { displayName: `Alarms of ${deployment}`.slice(0, 100), enforceSSL: true });
    this.addToResourcePolicy(this.#alarmsMayPublish());
    if (alarmEmail !== undefined) this.addSubscription(new EmailSubscription(alarmEmail));
  }

  /** A topic with its own policy loses the default policy, which admits its account's alarms. */
  #alarmsMayPublish(): PolicyStatement {
    const alarms = this.stack.formatArn({
      service: 'cloudwatch',
      resource: 'alarm',
      resourceName: '*',
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    return new PolicyStatement({
      sid: 'AlarmsMayPublish',
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [this.topicArn],
      conditions: {
        StringEquals: { 'aws:SourceAccount': this.stack.account },
        ArnLike: { 'aws:SourceArn': alarms },
      },
    });
  }
}
