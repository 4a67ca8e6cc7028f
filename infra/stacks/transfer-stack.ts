import { CfnOutput, Stack, type StackProps, Token } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { checkArn } from '#infra/arns.ts';
import { type NamedNetworkProps, namedNetwork } from '#infra/network/named-network.ts';
import { keyPolicyStatement } from '#infra/permissions/key-policy.ts';
import { serviceSteps } from '#infra/permissions/permissions.ts';
import { refuse, shown } from '#infra/refuse.ts';
import { Chunkferry } from './chunkferry.ts';
import type { ChunkferryProps } from './chunkferry-props.ts';

/** The construct's props, with what exists already given by its name. */
export interface TransferStackProps
  extends StackProps,
    Omit<ChunkferryProps, 'apiKeySecret' | 'eventBus'>,
    NamedNetworkProps {
  /** Short for `sources` without any filter: names of existing buckets, in this account and Region. */
  readonly sourceBuckets?: readonly string[];
  /** The whole ARN of an existing secret, with its six last characters. */
  readonly apiKeySecretArn?: string;
  /**
   * ARN of the customer managed KMS key that encrypts that secret. Its policy must allow the
   * statement that the stack puts out as `ApiKeyPolicyStatement`, unless it lets in every role of its
   * account that IAM lets.
   * @default none: Secrets Manager's own key
   */
  readonly apiKeySecretKeyArn?: string;
  /** Name of an existing event bus. */
  readonly eventBusName?: string;
}

/** One Chunkferry, and the names that a person or another stack needs to work with it. */
export class TransferStack extends Stack {
  readonly chunkferry: Chunkferry;

  /** @throws ConfigurationError - a prop is out of its bounds; the message names it */
  constructor(scope: Construct, id: string, props: TransferStackProps = {}) {
    super(scope, id, props);
    const { sourceBuckets = [], sources = [], eventBusName, ...others } = props;
    checkGiven(props);
    const apiKeySecret = this.#givenSecret(props);
    this.chunkferry = new Chunkferry(this, 'Chunkferry', {
      ...others,
      ...namedNetwork(this, props),
      sources: [...sources, ...sourceBuckets.map((bucket) => ({ bucket }))],
      ...(apiKeySecret && { apiKeySecret }),
      ...(eventBusName && { eventBus: EventBus.fromEventBusName(this, 'EventBus', eventBusName) }),
    });
    this.#putOut();
    this.#putOutRoles();
    this.#putOutForSecretKey();
    this.#putOutForSourceAccounts();
  }

  #givenSecret({ apiKeySecretArn, apiKeySecretKeyArn }: TransferStackProps): ISecret | undefined {
    if (!apiKeySecretArn) return undefined;
    const key = apiKeySecretKeyArn && Key.fromKeyArn(this, 'ApiKeyKey', apiKeySecretKeyArn);
    return Secret.fromSecretAttributes(this, 'ApiKey', {
      secretCompleteArn: apiKeySecretArn,
      ...(key && { encryptionKey: key }),
    });
  }

  #putOut(): void {
    const { stateMachine, table, apiKeySecret, intake, dispatcher, monitoring } = this.chunkferry;
    new CfnOutput(this, 'StateMachineArn', { value: stateMachine.stateMachineArn });
    new CfnOutput(this, 'TableName', { value: table.tableName });
    new CfnOutput(this, 'SecretArn', { value: apiKeySecret.secretArn });
    new CfnOutput(this, 'DeadLetterQueueUrl', {
      description: 'Holds events that could not start an execution',
      value: intake.deadLetterQueue.queueUrl,
    });
    new CfnOutput(this, 'AlarmTopicArn', {
      description: 'Takes every alarm and failure notice; subscribe to it',
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

  /** For the policies of buckets and keys, and for those who look into a denial. */
  #putOutRoles(): void {
    const { functions, reconciler, dispatcher, monitoring } = this.chunkferry;
    const reports = monitoring.reports && { ReportFailures: monitoring.reports.function };
    const others = { Reconcile: reconciler.function, Dispatcher: dispatcher.function };
    const all = { ...functions, ...others, ...reports };
    for (const [name, { role }] of Object.entries(all)) {
      new CfnOutput(this, `${name}RoleArn`, {
        description: `The role that ${name} runs as`,
        value: (role as IRole).roleArn,
      });
    }
  }

  #putOutForSecretKey(): void {
    const { functions, reconciler, apiKeySecret } = this.chunkferry;
    const key = apiKeySecret.encryptionKey;
    if (!key) return;
    const readers = [...serviceSteps.map((step) => functions[step]), reconciler.function];
    const roleArns = readers.map(({ role }) => (role as IRole).roleArn);
    const statement = keyPolicyStatement(roleArns, 'secretsmanager', [key.env.region]);
    new CfnOutput(this, 'ApiKeyPolicyStatement', {
      description: "Add this to the policy of the secret's KMS key",
      value: this.toJsonString(statement),
    });
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

/** @throws ConfigurationError - what is given by its name or ARN can't be one */
function checkGiven(props: TransferStackProps): void {
  const { apiKeySecretArn, apiKeySecretKeyArn, eventBusName } = props;
  if (apiKeySecretArn) checkArn('Chunkferry', 'apiKeySecretArn', apiKeySecretArn, 'secret');
  if (apiKeySecretKeyArn) {
    checkArn('Chunkferry', 'apiKeySecretKeyArn', apiKeySecretKeyArn, 'kmsKey');
    if (!apiKeySecretArn) {
      refuse(
        'Chunkferry',
        `apiKeySecretKeyArn is ${shown(apiKeySecretKeyArn)} without apiKeySecretArn; give the secret that it encrypts as well`,
      );
    }
  }
  if (eventBusName !== undefined) checkBusName(eventBusName);
}

/** EventBridge's rule for the names of buses (CreateEventBus, Name, 2026). */
function checkBusName(name: string): void {
  if (Token.isUnresolved(name) || /^[A-Za-z0-9/._-]{1,256}$/.test(name)) return;
  refuse(
    'Chunkferry',
    `eventBusName is ${shown(name)}; a bus's name, not its ARN, is right: 1 to 256 letters, digits or any of /._-`,
  );
}
