import { Duration, Token } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { StepFunctions } from '#infra/lambda/step-function.ts';
import { TransferError } from '#src/core/errors/errors.ts';
import { refuseValue } from '../refuse.ts';
import { checkAlarmEmail } from './alarm-topic.ts';
import type { ReportedFailures } from './failure-reports.ts';

/** A queue of what could not be delivered. */
export interface WatchedQueue {
  readonly queue: IQueue;
  /**
   * What to do with its messages once their cause is gone, as a sentence.
   * @default start an execution with each message's body as its input
   */
  readonly sendAgain?: string;
}

/** When an alarm goes off that has no natural bound. */
export interface AlarmThresholds {
  /**
   * Retries that the service's 429s caused in 15 minutes, 1 to 1,000,000.
   * @default 100
   */
  readonly throttledRetries?: number;
  /**
   * Unfinished sessions that no transfer knows, 0 to 100,000. A lost answer leaves one for 24 h.
   * @default 5
   */
  readonly orphanSessions?: number;
  /**
   * How long transfers may be active while no chunk arrives, 10 to 180 minutes in steps of 5.
   * @default 15 minutes
   */
  readonly noProgress?: Duration;
  /**
   * How long the first transfer of the queue may wait while slots are free, 5 to 180 minutes. While
   * transfers are paused or the window is closed, this time does not count.
   * @default 15 minutes
   */
  readonly queueStalled?: Duration;
}

/** What is watched, and who is told. */
export interface MonitoringProps {
  /** Value of the dimension `service` in all metrics of this deployment (`POWERTOOLS_SERVICE_NAME`). */
  readonly deployment: string;
  readonly stateMachine: IStateMachine;
  readonly table: Table;
  /** The steps' functions; their log groups are searched for errors. */
  readonly functions: StepFunctions;
  /**
   * The function that settles what no Catch sees; its log group is searched too.
   * @default none is watched
   */
  readonly reconciler?: LambdaFunction;
  /**
   * The function that starts queued transfers; its log group is searched too.
   * @default none is watched
   */
  readonly dispatcher?: LambdaFunction;
  /**
   * Queues that must be empty, by a name in letters and digits that stays: it is part of the alarm's
   * logical id.
   * @default none
   */
  readonly deadLetterQueues?: Readonly<Record<string, WatchedQueue>>;
  /**
   * Takes all alarms and failure notices. Its policy must let CloudWatch publish, and so must its key, where it has one.
   * @default a new topic that is spoken to over TLS only
   */
  readonly alarmTopic?: ITopic;
  /**
   * Gets every message of the new topic, alarms and failure notices, once its owner has confirmed the
   * subscription.
   * @default nobody is subscribed
   */
  readonly alarmEmail?: string;
  /**
   * Failed transfers are reported to the topic, each with its film, error and next step.
   * @default only alarms go to the topic
   */
  readonly failures?: ReportedFailures;
  /** @default those of each threshold */
  readonly thresholds?: AlarmThresholds;
  /**
   * Drawn as the bound of the sending function's concurrency, 1 or more.
   * @default nothing is drawn
   */
  readonly maxSendConcurrency?: number;
  /**
   * Drawn as the bound of active transfers, 1 or more.
   * @default nothing is drawn
   */
  readonly maxActiveTransfers?: number;
}

/** Props with every default filled in and every bound checked. */
export type CheckedMonitoringProps = Omit<MonitoringProps, 'thresholds' | 'deadLetterQueues'> & {
  readonly thresholds: Required<AlarmThresholds>;
  readonly deadLetterQueues: Readonly<Record<string, Required<WatchedQueue>>>;
};

const startAgain = 'Then start an execution with the body of each message as its input.';

/** All defaults. */
const defaultThresholds: Required<AlarmThresholds> = {
  throttledRetries: 100,
  orphanSessions: 5,
  noProgress: Duration.minutes(15),
  queueStalled: Duration.minutes(15),
};

/**
 * Fills in the defaults and refuses what can't work.
 * @throws ConfigurationError - names the prop, its value and what would be right
 */
export function checkMonitoringProps(props: MonitoringProps): CheckedMonitoringProps {
  const thresholds = { ...defaultThresholds, ...props.thresholds };
  checkDeployment(props.deployment);
  checkRecipients(props);
  checkWhole('thresholds.throttledRetries', thresholds.throttledRetries, 1, 1_000_000);
  checkWhole('thresholds.orphanSessions', thresholds.orphanSessions, 0, 100_000);
  checkNoProgress(thresholds.noProgress.toSeconds());
  checkQueueStalled(thresholds.queueStalled.toSeconds());
  checkWhole('maxSendConcurrency', props.maxSendConcurrency, 1, Number.MAX_SAFE_INTEGER);
  checkWhole('maxActiveTransfers', props.maxActiveTransfers, 1, Number.MAX_SAFE_INTEGER);
  const queues = Object.entries(props.deadLetterQueues ?? {});
  for (const [name] of queues) checkQueueName(name);
  return {
    ...props,
    thresholds,
    deadLetterQueues: Object.fromEntries(
      queues.map(([name, watched]) => [name, { sendAgain: startAgain, ...watched }]),
    ),
  };
}

/** It stands in quotes in the dashboard's searches. */
function checkDeployment(value: string): void {
  if (Token.isUnresolved(value) || /^[\w.:/-]{1,250}$/.test(value)) return;
  refuse(
    `deployment is ${JSON.stringify(value)}; 1 to 250 letters, digits and any of _ . : / - are right`,
  );
}

function checkRecipients({ alarmTopic, alarmEmail }: MonitoringProps): void {
  if (alarmEmail === undefined) return;
  if (alarmTopic) {
    refuse(
      `alarmEmail is ${JSON.stringify(alarmEmail)} beside alarmTopic; subscribe it to that topic instead`,
    );
  }
  checkAlarmEmail('Monitoring', alarmEmail);
}

function checkNoProgress(seconds: number): void {
  if (seconds % 300 === 0 && seconds >= 600 && seconds <= 10_800) return;
  refuse(
    `thresholds.noProgress is ${seconds} s; 10 to 180 minutes in steps of 5 minutes are right`,
  );
}

function checkQueueStalled(seconds: number): void {
  if (seconds >= 300 && seconds <= 10_800) return;
  refuseValue('thresholds.queueStalled', `${seconds} s`, 'must be 5 to 180 minutes');
}

function checkQueueName(name: string): void {
  if (/^[A-Za-z0-9]{1,100}$/.test(name)) return;
  refuse(`deadLetterQueues has ${JSON.stringify(name)}; a name in letters and digits is right`);
}

function checkWhole(prop: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  refuse(`${prop} is ${value}; a whole number from ${least} to ${most} is right`);
}

function refuse(message: string): never {
  throw new TransferError('ConfigurationError', `Monitoring: ${message}`);
}
