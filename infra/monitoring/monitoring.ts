import { Lazy } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type AlarmPlan, alarmPlans } from './alarm-plans.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { FailureReports } from './failure-reports.ts';
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
  /** Sends the notices about failed transfers, where they are asked for. */
  readonly reports: FailureReports | undefined;

  /** @throws ConfigurationError - a prop is out of its bounds; the message names it */
  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const checked = checkMonitoringProps(props);
    this.topic = checked.alarmTopic ?? this.#newTopic(checked);
    this.reports = this.#reports(checked);
    const alarms = alarmPlans(this.#watched(checked)).map(
      (plan) => [plan.id, this.#alarm(plan)] as const,
    );
    this.alarms = new Map(alarms);
    this.dashboard = transferDashboard(this, checked, [...this.alarms.values()]);
  }

  #reports({ failures, deployment, stateMachine, table }: CheckedMonitoringProps) {
    if (!failures) return undefined;
    const { topic } = this;
    // The dashboard shows the alarm of the reports' own queue, so it is made after them.
    const dashboardName = Lazy.string({ produce: () => this.dashboard.dashboardName });
    const { tableName } = table;
    const props = { ...failures, deployment, stateMachine, topic, tableName, dashboardName };
    return new FailureReports(this, 'FailureReports', props);
  }

  #watched(checked: CheckedMonitoringProps): CheckedMonitoringProps {
    if (!this.reports) return checked;
    const sendAgain = 'Each message is a failed transfer that no notice reported: read its detail.';
    const FailureReports = { queue: this.reports.deadLetterQueue as IQueue, sendAgain };
    return { ...checked, deadLetterQueues: { ...checked.deadLetterQueues, FailureReports } };
  }

  #newTopic({ deployment, alarmEmail }: CheckedMonitoringProps): ITopic {
    return new AlarmTopic(this, 'Alarms', { of: deployment, alarmEmail }) as ITopic;
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
