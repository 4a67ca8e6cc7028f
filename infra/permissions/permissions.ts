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
import { hasPermission, rowActionsOf } from '#src/core/stack/permissions.ts';
import { type FunctionName, stepNames } from '#src/core/stack/step-names.ts';
import { tableSchema } from '#src/core/stack/table-schema.ts';
import { acknowledge, acknowledgeWildcards } from './acknowledge.ts';
import { decryptsFor } from './key-policy.ts';

/** What the functions work on. */
export interface Resources {
  readonly table: Table;
  readonly apiKeySecret: ISecret;
  readonly eventBus: IEventBus;
}

/** Allows each step its work. Reading sources has a module of its own. */
export function allowResources(functions: StepFunctions, resources: Resources): void {
  for (const step of stepNames) allowWork(step, functions[step], resources);
}

/** Allows the reconciler its work. */
export function allowReconciling(reconcile: LambdaFunction, resources: Resources): void {
  allowWork('Reconcile', reconcile, resources);
}

/** Allows the dispatcher its work. */
export function allowDispatching(dispatch: LambdaFunction, resources: Resources): void {
  allowWork('Dispatch', dispatch, resources);
}

/** Grants a function what its permissions name: the table, the API key, the event bus, its own log. */
function allowWork(name: FunctionName, target: LambdaFunction, resources: Resources): void {
  const { table, apiKeySecret, eventBus } = resources;
  const actions = rowActionsOf(name);
  if (actions.length > 0) allowRows(table, target, actions);
  if (hasPermission(name, 'listRows')) allowListing(table, target);
  if (hasPermission(name, 'callService')) allowReadingKey(apiKeySecret, target);
  if (hasPermission(name, 'publishEvents')) eventBus.grantPutEventsTo(target);
  allowOwnLogs(target);
  if (hasPermission(name, 'checkQuotas')) allowReadingQuotas(target);
}

/** A preflight compares the account's limit of concurrent executions with the settings. */
function allowReadingQuotas(target: LambdaFunction): void {
  allow(target, ['*'], ['lambda:GetAccountSettings']);
}

/**
 * Lets rows of this table be read and written; its indexes are not in it.
 * @param actions - DynamoDB's names: `GetItem`
 */
export function allowRows(table: Table, grantee: IGrantable, actions: readonly string[]): void {
  allow(
    grantee,
    [table.tableArn],
    actions.map((action) => `dynamodb:${action}`),
  );
}

/** Lets the API key be read and, where its secret has a key of its own, decrypted for that alone. */
function allowReadingKey(secret: ISecret, grantee: IGrantable): void {
  // Without its six last characters an ARN stands for any secret whose name it begins.
  const arn = secret.secretFullArn ?? `${secret.secretArn}-??????`;
  allow(grantee, [arn], ['secretsmanager:GetSecretValue']);
  const key = secret.encryptionKey;
  if (!key) return;
  allow(grantee, [key.keyArn], ['kms:Decrypt'], decryptsFor('secretsmanager', [key.env.region]));
}

/** Lets transfers be listed by their state, and outcomes whose event is not confirmed. */
export function allowListing(table: Table, grantee: IGrantable): void {
  const { stateIndex, outboxIndex } = tableSchema;
  const indexes = [stateIndex, outboxIndex].map(({ name }) => `${table.tableArn}/index/${name}`);
  allow(grantee, indexes, ['dynamodb:Query']);
}

/**
 * Lets a function write its own log. In place of AWSLambdaBasicExecutionRole, which lets it write every
 * log of the account.
 */
export function allowOwnLogs(target: LambdaFunction): void {
  (target.role?.node.defaultChild as CfnRole).managedPolicyArns = undefined;
  allow(target, [target.logGroup.logGroupArn], ['logs:CreateLogStream', 'logs:PutLogEvents']);
  if (target.isBoundToVpc) allowNetworkInterfaces(target);
  acknowledge(
    target,
    "Traces, the account's Lambda limits (read by one function) and network interfaces in a VPC have no resource: these actions take * only.",
    'IAM5[Resource::*]',
  );
}

/**
 * Lets Lambda put a function into a VPC. In place of AWSLambdaVPCAccessExecutionRole, whose logs are
 * those of the whole account.
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
 * Lets a role ask how executions of the state machine stand. A policy of its own: in the role's
 * default policy, on which its function waits, it would close a circle where the state machine waits
 * on that function.
 */
export function allowDescribingExecutions(
  stateMachine: StateMachine,
  id: string,
  role: IRole,
): Policy {
  const executions = executionsOf(stateMachine);
  const policy = new Policy(stateMachine, id, {
    roles: [role],
    statements: [
      new PolicyStatement({ actions: ['states:DescribeExecution'], resources: [executions] }),
    ],
  });
  acknowledgeWildcards(
    policy,
    'Any execution of this one state machine may be asked for: their names are not known before.',
    executions,
  );
  return policy;
}

/** Lets a role start executions of the state machine. A policy of its own, for the same reason. */
export function allowStarting(stateMachine: StateMachine, id: string, role: IRole): Policy {
  const { stateMachineArn } = stateMachine;
  return new Policy(stateMachine, id, {
    roles: [role],
    statements: [
      new PolicyStatement({ actions: ['states:StartExecution'], resources: [stateMachineArn] }),
    ],
  });
}

function executionsOf(stateMachine: StateMachine): string {
  return Stack.of(stateMachine).formatArn({
    service: 'states',
    resource: 'execution',
    resourceName: `${stateMachine.stateMachineName}:*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/** Says why the state machine's own role has wildcards. */
export function acknowledgeMachine(
  stateMachine: StateMachine,
  functions: readonly LambdaFunction[],
): void {
  acknowledge(
    stateMachine,
    'Traces and the delivery of logs have no resource: their actions take * only.',
    'IAM5[Resource::*]',
  );
  acknowledgeWildcards(
    stateMachine,
    'An execution under way calls the versions that it began with, whatever is deployed since.',
    ...functions.map(({ functionArn }) => `${functionArn}:*`),
  );
}

/** One statement for a function or role, on resources that are named. */
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
