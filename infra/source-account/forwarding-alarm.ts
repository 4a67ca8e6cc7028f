import { Stack } from 'aws-cdk-lib';
import { Alarm, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { AlarmTopic } from '../monitoring/alarm-topic.ts';
import { fiveMinutes } from '../monitoring/product-metric.ts';
import type { EventForwarding } from './event-forwarding.ts';

/** Reports events that did not reach the bus; the transfers' account cannot see them. */
export class ForwardingAlarm extends Construct {
  /** Receives the alarm. */
  readonly topic: AlarmTopic;
  readonly alarm: Alarm;

  /** @param alarmEmail - receives the alarm */
  constructor(scope: Construct, id: string, forwarding: EventForwarding, alarmEmail?: string) {
    super(scope, id);
    this.topic = new AlarmTopic(this, 'Alarms', {
      deployment: Stack.of(this).stackName,
      alarmEmail,
    });
    this.alarm = new Alarm(this, 'DeadLetters', {
      alarmDescription:
        "Events of this account's source buckets could not be sent to Chunkferry's bus. They stay in a dead-letter queue until its retention ends. In the SQS console, poll the queue for messages. Their attribute ERROR_MESSAGE names the cause to remove, most often the policy of the bus. Then, in the account of the transfers, start an execution with the body of each message as its input.",
      metric: forwarding.deadLetterQueue.metricApproximateNumberOfMessagesVisible({
        statistic: 'Maximum',
        period: fiveMinutes,
      }),
      threshold: 1,
      evaluationPeriods: 1,
      // SQS reports no value for a queue that has been empty and unused for hours.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    this.alarm.addAlarmAction(new SnsAction(this.topic as ITopic));
    this.alarm.addOkAction(new SnsAction(this.topic as ITopic));
  }
}
