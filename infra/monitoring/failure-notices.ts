import { Arn, ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { type IEventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { deployedFunctionProps } from '#infra/lambda/step-function.ts';
import { allowOwnLogs } from '#infra/permissions/permissions.ts';
import { environmentKeys as keys } from '#src/config/environment-keys.ts';
import { DeadLetterQueue } from '../constructs/dead-letter-queue.ts';
import type { FunctionNetwork } from '../network/function-network.ts';

/** The bus of the events of failed transfers, and the settings of the function that sends the notices. */
export interface FailureNoticeOptions {
  readonly eventBus: IEventBus;
  readonly memoryMiB: number;
  readonly logRetention: RetentionDays;
  readonly network?: FunctionNetwork | undefined;
}

export interface FailureNoticesProps extends FailureNoticeOptions {
  readonly deployment: string;
  readonly stateMachine: IStateMachine;
  readonly topic: ITopic;
  readonly tableName: string;
  readonly dashboardName: string;
}

/** Failures of this time form one notice, to limit the number of messages. */
const batchingWindow = Duration.minutes(2);

/** Maximum failures in one notice. An event has about 2 KB, and a call of Lambda accepts 6 MB. */
const batchSize = 1_000;

const timeLimit = Duration.seconds(30);

/** AWS's recommendation: six times the function's time limit plus the batching window (Lambda with SQS, 2026). */
const minVisibilitySeconds = 6 * timeLimit.toSeconds() + batchingWindow.toSeconds();

/** The recommended five minutes, and one as a margin. */
const visibilityTimeout = Duration.seconds(minVisibilitySeconds + 60);

/** After this many notices that could not be sent, the events of a batch move to the dead-letter queue. */
const maxReceiveCount = 5;

/**
 * Sends failure notices to the alarm topic, one for each batch of failed transfers. A rule takes the
 * `Transfer Failed` events of this state machine's executions, and a queue collects them.
 */
export class FailureNotices extends Construct {
  readonly function: NodejsFunction;
  readonly deadLetterQueue: DeadLetterQueue;

  constructor(scope: Construct, id: string, props: FailureNoticesProps) {
    super(scope, id);
    this.deadLetterQueue = new DeadLetterQueue(this, 'DeadLetters');
    const queue = this.#queue();
    this.#collect(props, queue);
    this.function = this.#sender(props);
    this.function.addEventSource(
      new SqsEventSource(queue, {
        batchSize,
        maxBatchingWindow: batchingWindow,
        maxConcurrency: 2,
      }),
    );
    props.topic.grantPublish(this.function);
    allowOwnLogs(this.function);
  }

  #queue(): IQueue {
    return new Queue(this, 'Failures', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout,
      retentionPeriod: Duration.days(14),
      deadLetterQueue: { queue: this.deadLetterQueue as IQueue, maxReceiveCount },
    }) as IQueue;
  }

  /** Another Chunkferry may use the same bus: the execution identifies the deployment. */
  #collect({ eventBus, stateMachine }: FailureNoticesProps, queue: IQueue): void {
    const { stateMachineArn } = stateMachine;
    const { resourceName } = Arn.split(stateMachineArn, ArnFormat.COLON_RESOURCE_NAME);
    const ofMachine = Stack.of(this).formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: `${resourceName}:`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const deadLetterQueue = this.deadLetterQueue as IQueue;
    new Rule(this, 'TransferFailed', {
      description: 'Collects failed transfers for a failure notice to the alarm topic',
      eventBus,
      eventPattern: {
        source: ['chunkferry'],
        detailType: ['Transfer Failed'],
        detail: { execution: [{ prefix: ofMachine }] },
      },
      targets: [new SqsQueue(queue, { deadLetterQueue })],
    });
  }

  #sender(props: FailureNoticesProps): NodejsFunction {
    const { deployment, topic, tableName, dashboardName, memoryMiB, logRetention, network } = props;
    const deployed = deployedFunctionProps(this, 'SendLogs', {
      description:
        'Sends failure notices to the alarm topic, one for each batch of failed transfers',
      folder: 'send-failure-notice',
      timeLimit,
      environment: {
        [keys.serviceName]: deployment,
        [keys.noticeTopicArn]: topic.topicArn,
        [keys.tableName]: tableName,
        [keys.dashboardName]: dashboardName,
      },
      memoryMiB,
      logRetention,
      network,
    });
    return new NodejsFunction(this, 'Send', deployed);
  }
}
