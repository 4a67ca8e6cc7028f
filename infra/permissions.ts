import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { type IRole, Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { StepFunctions } from './constructs/step-task.ts';
import type { StepName } from './steps.ts';

/** Who may do what: every permission of a function beyond its own logs and traces is given here. */

/** The steps that call the service, and so may read its API key. */
export const serviceSteps: readonly StepName[] = [
  'OpenSession',
  'SendChunks',
  'ReportProofs',
  'ConfirmUpload',
  'AwaitAsset',
];

/** The steps that read the object. */
const readingSteps: readonly StepName[] = ['InspectSource', 'SendChunks'];

/** The steps that keep rows: all but the first, which owns nothing yet. */
const tableSteps: readonly StepName[] = [...serviceSteps, 'RecordOutcome'];

/** All that the rows are ever written and read by. */
const tableActions = [
  'dynamodb:GetItem',
  'dynamodb:Query',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
];

/** What the functions work on. */
export interface Resources {
  readonly table: Table;
  readonly apiKeySecret: ISecret;
  readonly eventBus: IEventBus;
}

/** Lets each step reach the table, the key and the bus, where its work needs them. */
export function permitResources(functions: StepFunctions, resources: Resources): void {
  for (const step of tableSteps) resources.table.grant(functions[step], ...tableActions);
  for (const step of serviceSteps) resources.apiKeySecret.grantRead(functions[step]);
  resources.eventBus.grantPutEventsTo(functions.RecordOutcome);
}

/**
 * Lets the reading steps read every object of a bucket, of any version, and tell a missing key from
 * a forbidden one: without s3:ListBucket, S3 answers 403 to both.
 */
export function permitReading(functions: StepFunctions, bucket: IBucket): void {
  for (const step of readingSteps) {
    functions[step].addToRolePolicy(
      new PolicyStatement({
        actions: ['s3:GetObject', 's3:GetObjectVersion'],
        resources: [bucket.arnForObjects('*')],
      }),
    );
    functions[step].addToRolePolicy(
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }),
    );
    bucket.encryptionKey?.grantDecrypt(functions[step]);
  }
}

/**
 * Lets OpenSession ask whether the execution that holds a transfer still runs. A policy of its own:
 * in the role's default policy, on which the function waits, it would close a circle, for the state
 * machine waits on the function.
 */
export function permitAskingForExecutions(
  functions: StepFunctions,
  stateMachine: StateMachine,
): Policy {
  return new Policy(stateMachine, 'AskForExecutions', {
    roles: [functions.OpenSession.role as IRole],
    statements: [
      new PolicyStatement({
        actions: ['states:DescribeExecution'],
        resources: [
          Stack.of(stateMachine).formatArn({
            service: 'states',
            resource: 'execution',
            resourceName: `${stateMachine.stateMachineName}:*`,
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        ],
      }),
    ],
  });
}
