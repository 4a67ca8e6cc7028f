import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { checkArn } from './arns.ts';
import { Chunkferry } from './chunkferry.ts';
import type { ChunkferryProps } from './chunkferry-props.ts';

/** The construct's props, with what exists already given by its name. */
export interface TransferStackProps
  extends StackProps,
    Omit<ChunkferryProps, 'apiKeySecret' | 'eventBus'> {
  /** Short for `sources` without any filter: names of existing buckets, in this account and Region. */
  readonly sourceBuckets?: readonly string[];
  /** The whole ARN of an existing secret, with its six last characters. */
  readonly apiKeySecretArn?: string;
  /** Name of an existing event bus. */
  readonly eventBusName?: string;
}

/** One Chunkferry, and the names that a person or another stack needs to work with it. */
export class TransferStack extends Stack {
  readonly chunkferry: Chunkferry;

  /** @throws ConfigurationError - a prop is out of its bounds; the message names it */
  constructor(scope: Construct, id: string, props: TransferStackProps = {}) {
    super(scope, id, props);
    const { sourceBuckets = [], sources = [], apiKeySecretArn, eventBusName, ...others } = props;
    if (apiKeySecretArn) checkArn('Chunkferry', 'apiKeySecretArn', apiKeySecretArn, 'secret');
    this.chunkferry = new Chunkferry(this, 'Chunkferry', {
      ...others,
      sources: [...sources, ...sourceBuckets.map((bucket) => ({ bucket }))],
      ...(apiKeySecretArn && {
        apiKeySecret: Secret.fromSecretCompleteArn(this, 'ApiKey', apiKeySecretArn),
      }),
      ...(eventBusName && { eventBus: EventBus.fromEventBusName(this, 'EventBus', eventBusName) }),
    });
    this.#putOut();
    this.#putOutForSourceAccounts();
  }

  #putOut(): void {
    const { stateMachine, table, apiKeySecret, intake, monitoring } = this.chunkferry;
    new CfnOutput(this, 'StateMachineArn', { value: stateMachine.stateMachineArn });
    new CfnOutput(this, 'TableName', { value: table.tableName });
    new CfnOutput(this, 'SecretArn', { value: apiKeySecret.secretArn });
    new CfnOutput(this, 'DeadLetterQueueUrl', {
      description: 'Holds events that could not start an execution',
      value: intake.deadLetterQueue.queueUrl,
    });
    new CfnOutput(this, 'AlarmTopicArn', {
      description: 'Takes every alarm; subscribe to it',
      value: monitoring.topic.topicArn,
    });
    for (const [account, statement] of intake.keys.statements()) {
      new CfnOutput(this, `KeyPolicyStatement${account}`, {
        description: `Add this to the policies of the KMS keys${account && ` of ${account}`}`,
        value: this.toJsonString(statement),
      });
    }
  }

  #putOutForSourceAccounts(): void {
    const { intake } = this.chunkferry;
    if (!intake.bus) return;
    new CfnOutput(this, 'BusArn', {
      description: "The source account's stack needs this",
      value: intake.bus.bus.eventBusArn,
    });
    new CfnOutput(this, 'ReaderPrincipalArns', {
      description: 'The roles that a reader role may be narrowed to',
      value: intake.keys.readerPrincipalArns.join(','),
    });
  }
}
