import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { type AlarmPlan, alarmPlans } from './alarm-plans.ts';
import {
  type CheckedMonitoringProps,
  checkMonitoringProps,
  type MonitoringProps,
} from './monitoring-props.ts';
import { transferDashboard } from './transfer-dashboard.ts';

/**
 * Who is told and what can be seen: alarms on one topic, each with what to do first, and one
 * dashboard that answers what is moving, how fast, what failed and why, and how far the quotas are.
 */
export class Monitoring extends Construct {
  /** Takes all alarms. */
  readonly topic: ITopic;
  /** By the name that each has in its logical id. */
  readonly alarms: ReadonlyMap<string, Alarm>;
  readonly dashboard: Dashboard;

  /** @throws ConfigurationError - a prop is out of its bounds; the message names it */
  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const checked = checkMonitoringProps(props);
    this.topic = checked.alarmTopic ?? this.#newTopic(checked);
    const alarms = alarmPlans(checked).map((plan) => [plan.id, this.#alarm(plan)] as const);
    this.alarms = new Map(alarms);
    this.dashboard = transferDashboard(this, checked, [...this.alarms.values()]);
  }

  /**
   * Not encrypted with a key: alarms name no object, and CloudWatch can't publish to a topic under
   * the key that SNS manages.
   */
  #newTopic({ deployment, alarmEmail }: CheckedMonitoringProps): ITopic {
    const topic = new Topic(this, 'Alarms', {
      displayName: `Alarms of ${deployment}`.slice(0, 100),
      enforceSSL: true,
    });
    topic.addToResourcePolicy(this.#alarmsMayPublish(topic));
    if (alarmEmail !== undefined) topic.addSubscription(new EmailSubscription(alarmEmail));
    return topic as ITopic;
  }

  /** A topic with a policy of its own has lost the one that lets its account's alarms in. */
  #alarmsMayPublish(topic: Topic): PolicyStatement {
    const stack = Stack.of(this);
    const alarms = stack.formatArn({
      service: 'cloudwatch',
      resource: 'alarm',
      resourceName: '*',
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    return new PolicyStatement({
      sid: 'AlarmsMayPublish',
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: {
        StringEquals: { 'aws:SourceAccount': stack.account },
        ArnLike: { 'aws:SourceArn': alarms },
      },
    });
  }

  #alarm(plan: AlarmPlan): Alarm {
    const alarm = new Alarm(this, plan.id, {
      alarmDescription: plan.description,
      metric: plan.metric,
      threshold: plan.threshold,
      comparisonOperator: plan.comparison ?? ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: plan.periods ?? 1,
      treatMissingData: plan.missing,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    return alarm;
  }
}
