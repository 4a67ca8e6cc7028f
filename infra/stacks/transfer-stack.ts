import { CfnOutput, Stack } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { keyPolicyStatement } from '#infra/permissions/key-policy.ts';
import { stepsWith } from '#src/core/shared-with-infra/permissions.ts';
import { check } from '../configuration/check.ts';
import { namedNetwork } from '../network/named-network.ts';
import { Chunkferry } from './chunkferry.ts';
import { namedProps, type TransferStackProps } from './named-resource-props.ts';

/** A stack with one Chunkferry, and the outputs that an operator or another stack needs. */
export class TransferStack extends Stack {
  /** The construct of this stack. */
  readonly chunkferry: Chunkferry;

  /** @throws ConfigurationError - names the prop, its value and what must hold */
  constructor(scope: Construct, id: string, props: TransferStackProps = {}) {
    super(scope, id, props);
    const { sourceBuckets, eventBusName } = check(namedProps, props);
    const apiKeySecret = this.#namedSecret(props);
    this.chunkferry = new Chunkferry(this, 'Chunkferry', {
      ...props,
      ...namedNetwork(this, props),
      sources: [...(props.sources ?? []), ...sourceBuckets.map((bucket) => ({ bucket }))],
      ...(apiKeySecret && { apiKeySecret }),
      ...(eventBusName && { eventBus: EventBus.fromEventBusName(this, 'EventBus', eventBusName) }),
    });
    this.#addOutputs();
    this.#addRoleOutputs();
    this.#addSecretKeyOutput();
    this.#addSourceAccountOutputs();
  }

  #namedSecret({ apiKeySecretArn, apiKeySecretKeyArn }: TransferStackProps): ISecret | undefined {
    if (!apiKeySecretArn) return undefined;
    const key = apiKeySecretKeyArn && Key.fromKeyArn(this, 'ApiKeyKey', apiKeySecretKeyArn);
    return Secret.fromSecretAttributes(this, 'ApiKey', {
      secretCompleteArn: apiKeySecretArn,
      ...(key && { encryptionKey: key }),
    });
  }

  #addOutputs(): void {
    const { stateMachine, preflightStateMachine, table, apiKeySecret, destination } =
      this.chunkferry;
    const { intake, dispatcher, monitoring } = this.chunkferry;
    new CfnOutput(this, 'StateMachineArn', { value: stateMachine.stateMachineArn });
    new CfnOutput(this, 'PreflightStateMachineArn', {
      description: 'Checks permissions, the API key and quotas; npm run doctor starts it',
      value: preflightStateMachine.stateMachineArn,
    });
    new CfnOutput(this, 'TableName', { value: table.tableName });
    new CfnOutput(this, 'SecretArn', { value: apiKeySecret.secretArn });
    new CfnOutput(this, 'Destination', {
      description: 'The kind of the service that receives the objects',
      value: destination,
    });
    new CfnOutput(this, 'DeadLetterQueueUrl', {
      description: 'Holds events that could not start an execution',
      value: intake.deadLetterQueue.queueUrl,
    });
    new CfnOutput(this, 'AlarmTopicArn', {
      description: 'Receives every alarm and failure notice; subscribe to it',
      value: monitoring.topic.topicArn,
    });
    new CfnOutput(this, 'DashboardName', {
      description: 'The CloudWatch dashboard: what is moving, how fast, what failed and why',
      value: monitoring.dashboard.dashboardName,
    });
    new CfnOutput(this, 'DispatcherName', {
      description:
        'Invoke this function with {"command":"pause"}, {"command":"resume"} or {"command":"cancel","transferId":"<id>"}',
      value: dispatcher.function.functionName,
    });
    for (const [account, statement] of intake.keys.statements()) {
      new CfnOutput(this, `KeyPolicyStatement${account}`, {
        description: `Add this to the policies of the KMS keys${account && ` of ${account}`}`,
        value: this.toJsonString(statement),
      });
    }
  }

  /** For the policies of buckets and keys, and to investigate a denied call. */
  #addRoleOutputs(): void {
    const { functions, reconciler, dispatcher, monitoring } = this.chunkferry;
    const { failureNotices } = monitoring;
    const notices = failureNotices && { SendFailureNotice: failureNotices.function };
    const others = { Reconciler: reconciler.function, Dispatcher: dispatcher.function };
    const all = { ...functions, ...others, ...notices };
    for (const [name, { role }] of Object.entries(all)) {
      new CfnOutput(this, `${name}RoleArn`, {
        description: `The role that ${name} runs as`,
        value: (role as IRole).roleArn,
      });
    }
  }

  #addSecretKeyOutput(): void {
    const { functions, reconciler, apiKeySecret, needs } = this.chunkferry;
    const key = apiKeySecret.encryptionKey;
    if (!key) return;
    const readers = [
      ...stepsWith('callService').map((step) => functions[step]),
      reconciler.function,
    ];
    const roleArns = readers.map(({ role }) => (role as IRole).roleArn);
    const statement = keyPolicyStatement(
      roleArns,
      'secretsmanager',
      [key.env.region],
      needs.renewsSecret ? ['kms:Decrypt', 'kms:GenerateDataKey'] : undefined,
    );
    new CfnOutput(this, 'ApiKeyPolicyStatement', {
      description: "Add this to the policy of the secret's KMS key",
      value: this.toJsonString(statement),
    });
  }

  #addSourceAccountOutputs(): void {
    const { intake } = this.chunkferry;
    if (!intake.bus) return;
    new CfnOutput(this, 'BusArn', {
      description: "Set it as busArn of the source account's stack",
      value: intake.bus.bus.eventBusArn,
    });
    new CfnOutput(this, 'ReaderPrincipalArns', {
      description:
        "Set them as readerPrincipalArns of the source account's stack to narrow its trust",
      value: intake.keys.readerPrincipalArns.join(','),
    });
  }
}
