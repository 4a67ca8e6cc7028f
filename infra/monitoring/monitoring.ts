import { Lazy } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type AlarmPlan, alarmPlans } from './alarm-plans.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { FailureNotices } from './failure-notices.ts';
import {
  type CheckedMonitoringProps,
  checkMonitoringProps,
  type MonitoringProps,
} from './monitoring-props.ts';
import { createTransferDashboard } from './transfer-dashboard.ts';

/**
 * Alarms on one topic, each with the first thing to do, and one dashboard: what is moving, what
 * waits, how fast, what failed and why, and how far the quotas are.
 */
export class Monitoring extends Construct {
  /** Receives all alarms. */
  readonly topic: ITopic;
  /** By the name in each alarm's logical id. */
  readonly alarms: ReadonlyMap<string, Alarm>;
  readonly dashboard: Dashboard;
  /** Sends the failure notices; undefined without `failureNotices` in the props. */
  readonly failureNotices: FailureNotices | undefined;

  /** @throws ConfigurationError - names the prop, its value and what must hold */
  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const checked = checkMonitoringProps(props);
    this.topic = checked.alarmTopic ?? this.#newTopic(checked);
    this.failureNotices = this.#failureNotices(checked);
    const alarms = alarmPlans(this.#watched(checked)).map(
      (plan) => [plan.id, this.#alarm(plan)] as const,
    );
    this.alarms = new Map(alarms);
    this.dashboard = createTransferDashboard(this, checked, [...this.alarms.values()]);
  }

  #failureNotices({ failureNotices, deployment, stateMachine, table }: CheckedMonitoringProps) {
    if (!failureNotices) return undefined;
    const { topic } = this;
    // The dashboard shows the alarm of the notices' own queue, so it is created later.
    const dashboardName = Lazy.string({ produce: () => this.dashboard.dashboardName });
    const { tableName } = table;
    const props = { ...failureNotices, deployment, stateMachine, topic, tableName, dashboardName };
    return new FailureNotices(this, 'FailureNotices', props);
  }

  #watched(checked: CheckedMonitoringProps): CheckedMonitoringProps {
    if (!this.failureNotices) return checked;
    const redelivery = 'Each message is a failed transfer without a notice: read its detail.';
    const FailureNotices = { queue: this.failureNotices.deadLetterQueue as IQueue, redelivery };
    return { ...checked, deadLetterQueues: { ...checked.deadLetterQueues, FailureNotices } };
  }

  #newTopic({ deployment, alarmEmail }: CheckedMonitoringProps): ITopic {
    return new AlarmTopic(this, 'Alarms', { deployment, alarmEmail }) as ITopic;
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
    alarm.addOkAction(new SnsAction(this.topic));
    return alarm;
  }
}
