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
import type { StepName } from '#src/core/stack/step-names.ts';
import { tableSchema } from '#src/core/stack/table-schema.ts';
import { acknowledge, acknowledgeWildcards } from './acknowledge.ts';
import { decryptsFor } from './key-policy.ts';

/** Who may do what: every permission of a function beyond its own traces is given here or beside. */

/** The steps that call the service, and so may read its API key. */
export const serviceSteps: readonly StepName[] = [
  'OpenSession',
  'SendChunks',
  'ReportProofs',
  'ConfirmUpload',
  'AwaitAsset',
];

/**
 * What each step does with the table's rows, by DynamoDB's actions: its own work, and reading
 * and writing the call rates that all functions share. The first step owns nothing yet.
 */
const rowActions: Readonly<Record<Exclude<StepName, 'InspectSource'>, readonly string[]>> = {
  OpenSession: ['GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'],
  SendChunks: ['GetItem', 'Query', 'PutItem', 'UpdateItem'],
  ReportProofs: ['GetItem', 'Query', 'UpdateItem'],
  ConfirmUpload: ['GetItem', 'Query', 'UpdateItem', 'DeleteItem'],
  AwaitAsset: ['GetItem', 'Query', 'UpdateItem'],
  RecordOutcome: ['GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'],
};

/** The reconciler's: it may write the row of a start that was refused. */
const reconcilerRowActions = ['GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'];

/** The steps that tell others: of a transfer that started, of one that ended. */
const tellingSteps: readonly StepName[] = ['OpenSession', 'RecordOutcome'];

/** What the functions work on. */
export interface Resources {
  readonly table: Table;
  readonly apiKeySecret: ISecret;
  readonly eventBus: IEventBus;
}

/** Lets each step reach the table, the key and the bus, where its work needs them. */
export function permitResources(functions: StepFunctions, resources: Resources): void {
  const { table, apiKeySecret, eventBus } = resources;
  for (const [step, actions] of Object.entries(rowActions)) {
    permitRows(table, functions[step as StepName], actions);
  }
  for (const step of serviceSteps) permitReadingKey(apiKeySecret, functions[step]);
  for (const step of tellingSteps) eventBus.grantPutEventsTo(functions[step]);
  for (const step of Object.values(functions)) permitOwnLogs(step);
  allowReadingQuotas(functions.InspectSource);
}

/** Lets a preflight compare the account's limit of concurrent executions with what sends may take. */
function allowReadingQuotas(inspect: LambdaFunction): void {
  allow(inspect, ['*'], ['lambda:GetAccountSettings']);
}

/**
 * Lets the function that settles transfers from outside find them, write their rows, free their
 * slots, announce their outcomes, and ask the service for what it has open.
 */
export function permitReconciling(
  reconcile: LambdaFunction,
  { table, apiKeySecret, eventBus }: Resources,
): void {
  permitRows(table, reconcile, reconcilerRowActions);
  permitListing(table, reconcile);
  permitReadingKey(apiKeySecret, reconcile);
  eventBus.grantPutEventsTo(reconcile);
  permitOwnLogs(reconcile);
}

/** Lets the dispatcher read and write the queue and transfers, and publish that one was cancelled. */
export function permitDispatching(dispatch: LambdaFunction, resources: Resources): void {
  permitRows(resources.table, dispatch, reconcilerRowActions);
  resources.eventBus.grantPutEventsTo(dispatch);
  permitOwnLogs(dispatch);
}

/**
 * Lets rows of this table be read and written; its indexes are not in it.
 * @param actions - DynamoDB's names: `GetItem`
 */
export function permitRows(table: Table, grantee: IGrantable, actions: readonly string[]): void {
  allow(
    grantee,
    [table.tableArn],
    actions.map((action) => `dynamodb:${action}`),
  );
}

/** Lets the API key be read and, where its secret has a key of its own, decrypted for that alone. */
function permitReadingKey(secret: ISecret, grantee: IGrantable): void {
  // Without its six last characters an ARN stands for any secret whose name it begins.
  const arn = secret.secretFullArn ?? `${secret.secretArn}-??????`;
  allow(grantee, [arn], ['secretsmanager:GetSecretValue']);
  const key = secret.encryptionKey;
  if (!key) return;
  allow(grantee, [key.keyArn], ['kms:Decrypt'], decryptsFor('secretsmanager', [key.env.region]));
}

/** Lets transfers be listed by their state, and outcomes whose event is not confirmed. */
export function permitListing(table: Table, grantee: IGrantable): void {
  const { stateIndex, outboxIndex } = tableSchema;
  const indexes = [stateIndex, outboxIndex].map(({ name }) => `${table.tableArn}/index/${name}`);
  allow(grantee, indexes, ['dynamodb:Query']);
}

/**
 * Lets a function write its own log. In place of AWSLambdaBasicExecutionRole, which lets it write every
 * log of the account.
 */
export function permitOwnLogs(target: LambdaFunction): void {
  (target.role?.node.defaultChild as CfnRole).managedPolicyArns = undefined;
  allow(target, [target.logGroup.logGroupArn], ['logs:CreateLogStream', 'logs:PutLogEvents']);
  if (target.isBoundToVpc) permitInterfaces(target);
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
function permitInterfaces(target: LambdaFunction): void {
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
export function permitAskingForExecutions(
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
export function permitStarting(stateMachine: StateMachine, id: string, role: IRole): Policy {
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
