import { ArnFormat, Token } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { refuse, shown } from '../refuse.ts';

/** What a topic of alarms is told by. */
export interface AlarmTopicProps {
  /** Whose alarms, in mails. */
  readonly of: string;
  /** Is sent every alarm, once its owner has confirmed the subscription. */
  readonly alarmEmail: string | undefined;
}

/**
 * Takes alarms of its account and Region and notices about failed transfers, over TLS only. Not
 * encrypted with a key: CloudWatch can't publish to a topic under the key that SNS manages, and what
 * is mailed is readable all the same.
 */
export class AlarmTopic extends Topic {
  constructor(scope: Construct, id: string, { of, alarmEmail }: AlarmTopicProps) {
    super(scope, id, { displayName: `Alarms of ${of}`.slice(0, 100), enforceSSL: true });
    this.addToResourcePolicy(this.#alarmsMayPublish());
    if (alarmEmail !== undefined) this.addSubscription(new EmailSubscription(alarmEmail));
  }

  /** A topic with a policy of its own has lost the one that lets its account's alarms in. */
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

/** @throws ConfigurationError - no address; absent is right */
export function checkAlarmEmail(where: string, email: string | undefined): void {
  if (email === undefined || Token.isUnresolved(email) || /^[^\s@]+@[^\s@]+$/.test(email)) return;
  refuse(where, `alarmEmail is ${shown(email)}; an address such as ops@example.com is right`);
}
