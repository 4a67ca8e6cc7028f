import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { Chunkferry } from './chunkferry.ts';
import type { ChunkferryProps } from './chunkferry-props.ts';

/** The construct's props, with what exists already given by its name. */
export interface TransferStackProps
  extends StackProps,
    Omit<ChunkferryProps, 'sourceBuckets' | 'apiKeySecret' | 'eventBus'> {
  /** Names of existing buckets, in this account and Region. */
  readonly sourceBuckets?: readonly string[];
  /** The whole ARN of an existing secret, with its six last characters. */
  readonly apiKeySecretArn?: string;
  /** Name of an existing event bus. */
  readonly eventBusName?: string;
}

/** One Chunkferry, and the three names that a person needs to work with it. */
export class TransferStack extends Stack {
  readonly chunkferry: Chunkferry;

  /** @throws ConfigurationError - a prop is out of its bounds; the message names it */
  constructor(scope: Construct, id: string, props: TransferStackProps = {}) {
    super(scope, id, props);
    const { sourceBuckets, apiKeySecretArn, eventBusName, ...others } = props;
    this.chunkferry = new Chunkferry(this, 'Chunkferry', {
      ...others,
      ...(sourceBuckets && {
        sourceBuckets: sourceBuckets.map((name) =>
          Bucket.fromBucketName(this, `Source-${name}`, name),
        ),
      }),
      ...(apiKeySecretArn && {
        apiKeySecret: Secret.fromSecretCompleteArn(this, 'ApiKey', apiKeySecretArn),
      }),
      ...(eventBusName && { eventBus: EventBus.fromEventBusName(this, 'EventBus', eventBusName) }),
    });
    const { stateMachine, table, apiKeySecret } = this.chunkferry;
    new CfnOutput(this, 'StateMachineArn', { value: stateMachine.stateMachineArn });
    new CfnOutput(this, 'TableName', { value: table.tableName });
    new CfnOutput(this, 'SecretArn', { value: apiKeySecret.secretArn });
  }
}
