import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import {
  type CfnRole,
  type Conditions,
  type IGrantable,
  type IRole,
  Policy,
  PolicyStatement,
} from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { StepFunctions } from '#infra/lambda/step-function.ts';
import {
  type DestinationNeeds,
  hasPermission,
  rowActionsOf,
  stepsWith,
} from '#src/core/shared-with-infra/permissions.ts';
import { type FunctionName, stepNames } from '#src/core/shared-with-infra/step-names.ts';
import { tableKeys } from '#src/core/shared-with-infra/table-keys.ts';
import { acknowledge, acknowledgeWildcards } from './acknowledge.ts';
import { decryptsFor } from './key-policy.ts';

/** The resources that the functions use. */
export interface Resources {
  readonly table: Table;
  readonly apiKeySecret: ISecret;
  readonly eventBus: IEventBus;
  /** What the present destination needs. */
  readonly needs: DestinationNeeds;
}

/** Grants each step the permissions of its work; `allowReading` grants those on sources. */
export function allowResources(functions: StepFunctions, resources: Resources): void {
  for (const step of stepNames) allowWork(step, functions[step], resources);
}

/** Grants the reconciler the permissions of its work. */
export function allowReconciling(reconcile: LambdaFunction, resources: Resources): void {
  allowWork('Reconcile', reconcile, resources);
}

/** Grants the dispatcher the permissions of its work. */
export function allowDispatching(dispatch: LambdaFunction, resources: Resources): void {
  allowWork('Dispatch', dispatch, resources);
}

/** Grants a function what its permissions name: the table, the API key, the event bus, its own log. */
function allowWork(name: FunctionName, target: LambdaFunction, resources: Resources): void {
  const { table, apiKeySecret, eventBus, needs } = resources;
  const actions = rowActionsOf(name);
  if (actions.length > 0) allowRows(table, target, actions);
  if (hasPermission(name, 'listRows')) allowListing(table, target);
  if (hasPermission(name, 'callService')) allowReadingKey(apiKeySecret, target);
  if (hasPermission(name, 'replaceSecret', needs)) allowReplacingKey(apiKeySecret, target);
  if (hasPermission(name, 'publishEvents')) eventBus.grantPutEventsTo(target);
  allowOwnLogs(target);
  if (hasPermission(name, 'checkQuotas')) allowReadingQuotas(target);
}

/** A preflight compares the account's limit of concurrent executions with the settings. */
function allowReadingQuotas(target: LambdaFunction): void {
  allow(target, ['*'], ['lambda:GetAccountSettings']);
}

/**
 * Allows actions on the table's rows, without its indexes.
 * @param actions - in DynamoDB's names, such as `GetItem`
 */
export function allowRows(table: Table, grantee: IGrantable, actions: readonly string[]): void {
  allow(
    grantee,
    [table.tableArn],
    actions.map((action) => `dynamodb:${action}`),
  );
}

/** Allows the steps that call the service to use the secret of an earlier destination. */
export function allowEarlierKeys(
  functions: StepFunctions,
  secret: ISecret,
  needs: DestinationNeeds,
): void {
  for (const step of stepsWith('callService')) allowReadingKey(secret, functions[step]);
  for (const step of stepsWith('replaceSecret', needs)) allowReplacingKey(secret, functions[step]);
}

/** Allows reading the API key and, if its secret has a KMS key, decryption through Secrets Manager only. */
function allowReadingKey(secret: ISecret, grantee: IGrantable): void {
  allow(grantee, [arnOfSecret(secret)], ['secretsmanager:GetSecretValue']);
  const key = secret.encryptionKey;
  if (!key) return;
  allow(grantee, [key.keyArn], ['kms:Decrypt'], decryptsFor('secretsmanager', [key.env.region]));
}

/** Allows replacing the text of this secret and, if it has a KMS key, encryption through Secrets Manager only. */
function allowReplacingKey(secret: ISecret, grantee: IGrantable): void {
  allow(grantee, [arnOfSecret(secret)], ['secretsmanager:PutSecretValue']);
  const key = secret.encryptionKey;
  if (!key) return;
  const through = decryptsFor('secretsmanager', [key.env.region]);
  allow(grantee, [key.keyArn], ['kms:GenerateDataKey'], through);
}

/** Without its last six characters the ARN would match every secret whose name begins the same. */
function arnOfSecret(secret: ISecret): string {
  return secret.secretFullArn ?? `${secret.secretArn}-??????`;
}

/** Allows listing transfers by state, and outcomes whose event is not published. */
export function allowListing(table: Table, grantee: IGrantable): void {
  const { stateIndex, outboxIndex } = tableKeys;
  const indexes = [stateIndex, outboxIndex].map(({ name }) => `${table.tableArn}/index/${name}`);
  allow(grantee, indexes, ['dynamodb:Query']);
}

/**
 * Allows a function to write its own log. It replaces AWSLambdaBasicExecutionRole, which allows
 * writing every log of the account.
 */
export function allowOwnLogs(target: LambdaFunction): void {
  (target.role?.node.defaultChild as CfnRole).managedPolicyArns = undefined;
  allow(target, [target.logGroup.logGroupArn], ['logs:CreateLogStream', 'logs:PutLogEvents']);
  if (target.isBoundToVpc) allowNetworkInterfaces(target);
  acknowledge(
    target,
    "Traces, the account's Lambda limits (for one function) and network interfaces in a VPC support no resource: these actions accept only *.",
    'IAM5[Resource::*]',
  );
}

/**
 * Allows Lambda to attach a function to a VPC. It replaces AWSLambdaVPCAccessExecutionRole, which
 * allows writing every log of the account.
 */
function allowNetworkInterfaces(target: LambdaFunction): void {
  const actions = [
    'CreateNetworkInterface',
    'DescribeNetworkInterfaces',
    'DescribeSubnets',
    'DeleteNetworkInterface',
    'AssignPrivateIpAddresses',
    'UnassignPrivateIpAddresses',
  ];
  allow(
    target,
    ['*'],
    actions.map((action) => `ec2:${action}`),
  );
}

/**
 * Allows a role to describe executions of the state machine, and of the preflight, which tries the
 * permission with its own execution. It is a policy of its own to avoid a circular dependency: a
 * function depends on its role's default policy, and the state machines on the function.
 */
export function allowDescribingExecutions(
  stateMachine: StateMachine,
  preflight: StateMachine,
  id: string,
  role: IRole,
): Policy {
  const resources = [stateMachine, preflight].map(executionsOf);
  const policy = new Policy(stateMachine, id, {
    roles: [role],
    statements: [new PolicyStatement({ actions: ['states:DescribeExecution'], resources })],
  });
  acknowledgeWildcards(
    policy,
    'The role may describe every execution of these state machines: their names are unknown at deployment.',
    ...resources,
  );
  return policy;
}

/** Allows a role to start executions of the state machine, by a policy of its own for the same reason. */
export function allowStarting(stateMachine: StateMachine, id: string, role: IRole): Policy {
  const { stateMachineArn } = stateMachine;
  return new Policy(stateMachine, id, {
    roles: [role],
    statements: [
      new PolicyStatement({ actions: ['states:StartExecution'], resources: [stateMachineArn] }),
    ],
  });
}

/**
 * Allows a state machine to start another and to wait for its end. Step Functions learns of the end by
 * a rule that it manages itself.
 */
export function allowRunning(stateMachine: StateMachine, started: StateMachine): void {
  const executions = executionsOf(started);
  allow(stateMachine, [started.stateMachineArn], ['states:StartExecution']);
  allow(stateMachine, [executions], ['states:DescribeExecution', 'states:StopExecution']);
  const rule = Stack.of(stateMachine).formatArn({
    service: 'events',
    resource: 'rule',
    resourceName: 'StepFunctionsGetEventsForStepFunctionsExecutionRule',
  });
  allow(stateMachine, [rule], ['events:PutTargets', 'events:PutRule', 'events:DescribeRule']);
  acknowledgeWildcards(
    stateMachine,
    'The execution that a state starts gets its name when it starts.',
    executions,
  );
}

function executionsOf(stateMachine: StateMachine): string {
  return Stack.of(stateMachine).formatArn({
    service: 'states',
    resource: 'execution',
    resourceName: `${stateMachine.stateMachineName}:*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/** Records why the state machine's own role has wildcards. */
export function acknowledgeMachine(
  stateMachine: StateMachine,
  functions: readonly LambdaFunction[],
): void {
  acknowledge(
    stateMachine,
    'Traces and the delivery of logs support no resource: their actions accept only *.',
    'IAM5[Resource::*]',
  );
  acknowledgeWildcards(
    stateMachine,
    'A running execution calls the function versions that it started with, also after a deployment.',
    ...functions.map(({ functionArn }) => `${functionArn}:*`),
  );
}

/** Adds one statement to the policy of a function or role. */
export function allow(
  grantee: IGrantable,
  resources: readonly string[],
  actions: readonly string[],
  conditions: Conditions = {},
): void {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({ actions: [...actions], resources: [...resources], conditions }),
  );
}
