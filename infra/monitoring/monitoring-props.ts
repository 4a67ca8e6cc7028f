import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { z } from 'zod';
import type { StepFunctions } from '#infra/lambda/step-function.ts';
import { check } from '../configuration/check.ts';
import { deployTimeNumber, deployTimeText, invalidAt } from '../configuration/fields.ts';
import {
  type AlarmThresholds,
  alarmEmail,
  alarmThresholds,
  type CheckedThresholds,
} from './alarm-thresholds.ts';
import type { FailureNoticeOptions } from './failure-notices.ts';

/** A queue of events that could not be delivered. */
export interface WatchedQueue {
  readonly queue: IQueue;
  /**
   * What to do with its messages after their cause is removed, as a sentence.
   * @default start an execution with each message's body as its input
   */
  readonly redelivery?: string;
}

/** What the alarms and the dashboard watch, and who receives the alarms. */
export interface MonitoringProps {
  /** Value of the dimension `service` in all metrics of this deployment (`POWERTOOLS_SERVICE_NAME`). */
  readonly deployment: string;
  readonly stateMachine: IStateMachine;
  readonly table: Table;
  /** The steps' functions. The dashboard searches their log groups for errors. */
  readonly functions: StepFunctions;
  /** @default the reconciler is not watched */
  readonly reconciler?: LambdaFunction;
  /** @default the dispatcher is not watched */
  readonly dispatcher?: LambdaFunction;
  /**
   * Queues that must be empty, each by a permanent name of letters and digits: it is part of the
   * alarm's logical id.
   * @default none
   */
  readonly deadLetterQueues?: Readonly<Record<string, WatchedQueue>>;
  /**
   * Receives all alarms and failure notices. Its policy, and the policy of its key if it has one,
   * must allow CloudWatch to publish.
   * @default a new topic, over TLS only
   */
  readonly alarmTopic?: ITopic;
  /**
   * Receives every message of the new topic after its owner confirms the subscription.
   * @default the topic has no subscription
   */
  readonly alarmEmail?: string;
  /**
   * Failure notices go to the topic: each failed transfer with its film, error and next step.
   * @default only alarms go to the topic
   */
  readonly failureNotices?: FailureNoticeOptions;
  /** @default the default of each threshold */
  readonly alarmThresholds?: AlarmThresholds;
  /**
   * Drawn as the bound of the sending function's concurrency, 1 or more.
   * @default not drawn
   */
  readonly maxSendConcurrency?: number;
  /**
   * Drawn as the bound of active transfers, 1 or more.
   * @default not drawn
   */
  readonly maxActiveTransfers?: number;
}

/** Props with every default filled in and every bound checked. */
export type CheckedMonitoringProps = Omit<
  MonitoringProps,
  'alarmThresholds' | 'deadLetterQueues'
> & {
  readonly alarmThresholds: CheckedThresholds;
  readonly deadLetterQueues: Readonly<Record<string, Required<WatchedQueue>>>;
};

const defaultRedelivery = 'Then start an execution with the body of each message as its input.';

interface Recipients {
  readonly alarmTopic?: unknown;
  readonly alarmEmail?: string | undefined;
}

/** A topic of the caller has subscriptions of its own. */
export function checkRecipients({ value, issues }: z.core.ParsePayload<Recipients>): void {
  if (!value.alarmTopic || value.alarmEmail === undefined) return;
  const must = 'must not be set together with alarmTopic. Subscribe the address to that topic';
  issues.push(invalidAt(['alarmEmail'], value.alarmEmail, must));
}

const monitoringProps = z
  .object({
    // The dashboard's searches quote it.
    deployment: deployTimeText(
      /^[\w.:/-]{1,250}$/,
      'must be 1 to 250 letters, digits or any of _ . : / -',
    ),
    alarmEmail: alarmEmail().optional(),
    alarmTopic: z.unknown().optional(),
    alarmThresholds,
    maxSendConcurrency: deployTimeNumber(1).optional(),
    maxActiveTransfers: deployTimeNumber(1).optional(),
    deadLetterQueues: z.record(z.string(), z.unknown()).default({}).check(checkQueueNames),
  })
  .check(checkRecipients);

function checkQueueNames({ value, issues }: z.core.ParsePayload<Record<string, unknown>>): void {
  const invalidKey = Object.keys(value).find((name) => !/^[A-Za-z0-9]{1,100}$/.test(name));
  if (invalidKey === undefined) return;
  issues.push(invalidAt([], value, 'must be 1 to 100 letters and digits', { invalidKey }));
}

/**
 * Fills in the defaults and checks every bound.
 * @throws ConfigurationError - names the prop, its value and what must hold
 */
export function checkMonitoringProps(props: MonitoringProps): CheckedMonitoringProps {
  const checked = check(monitoringProps, props);
  const queues = Object.entries(props.deadLetterQueues ?? {}).map(
    ([name, watched]) => [name, { redelivery: defaultRedelivery, ...watched }] as const,
  );
  return {
    ...props,
    alarmThresholds: checked.alarmThresholds,
    deadLetterQueues: Object.fromEntries(queues),
  };
}
