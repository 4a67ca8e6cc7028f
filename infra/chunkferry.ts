import { Names, RemovalPolicy } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { type CfnSecret, type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { environmentKeys } from '#src/config/environment-keys.ts';
import { type CheckedProps, type ChunkferryProps, checkProps } from './chunkferry-props.ts';
import { ObjectCreatedRule } from './constructs/object-created-rule.ts';
import { ProofTable } from './constructs/proof-table.ts';
import { StepFunction } from './constructs/step-function.ts';
import type { StepFunctions } from './constructs/step-task.ts';
import { TransferStateMachine } from './constructs/transfer-state-machine.ts';
import {
  permitAskingForExecutions,
  permitReading,
  permitResources,
  serviceSteps,
} from './permissions.ts';
import { type StepName, stepNames } from './steps.ts';

/**
 * Everything that moves objects out of Amazon S3 into the service: the state machine, a function for
 * each of its steps, the table of proofs, the API key's secret and, where buckets are given, the
 * rule that starts an execution for each new object.
 */
export class Chunkferry extends Construct {
  /** Start it with `{"bucket":"…","key":"…"}`. */
  readonly stateMachine: StateMachine;
  readonly table: Table;
  /** The functions by the name of their Task state. */
  readonly functions: StepFunctions;
  /** The API key goes in here. */
  readonly apiKeySecret: ISecret;
  readonly eventBus: IEventBus;
  /** Present where source buckets were given. */
  readonly objectCreated: ObjectCreatedRule | undefined;

  /** @throws ConfigurationError - a prop is out of its bounds; the message names it */
  constructor(scope: Construct, id: string, props: ChunkferryProps = {}) {
    super(scope, id);
    const checked = checkProps(props);
    this.table = new ProofTable(this, 'Proofs', { removalPolicy: checked.tableRemovalPolicy });
    this.apiKeySecret = checked.apiKeySecret ?? this.#emptySecret();
    this.eventBus = checked.eventBus ?? EventBus.fromEventBusName(this, 'DefaultBus', 'default');
    this.functions = this.#stepFunctions(checked);
    this.stateMachine = this.#transfers(checked.logRetention);
    this.objectCreated = this.#sources(checked.sourceBuckets);
    permitResources(this.functions, this);
    permitAskingForExecutions(this.functions, this.stateMachine);
  }

  /** Without a value: a generated one would be sent to the service as if it were a key. */
  #emptySecret(): ISecret {
    const secret = new Secret(this, 'ApiKey', {
      description: "The service's API key, as plain text; put it in by hand",
    });
    const resource = secret.node.defaultChild as CfnSecret;
    resource.generateSecretString = undefined;
    return secret as ISecret;
  }

  #stepFunctions(props: CheckedProps): StepFunctions {
    const entries = stepNames.map((step) => [step, this.#stepFunction(step, props)] as const);
    return Object.fromEntries(entries) as Record<StepName, StepFunction>;
  }

  #stepFunction(step: StepName, props: CheckedProps): StepFunction {
    const sends = step === 'SendChunks';
    return new StepFunction(this, step, {
      step,
      memoryMiB: sends ? props.sendMemoryMiB : props.stepMemoryMiB,
      timeLimit: sends ? props.sendTimeout : props.stepTimeout,
      environment: this.#environment(step, props),
      logRetention: props.logRetention,
    });
  }

  /** What was not given is left out: its default has one owner, the code that reads it. */
  #environment(step: StepName, props: CheckedProps): Record<string, string> {
    const keys = environmentKeys;
    const values: Record<string, string | number | undefined> = {
      [keys.tableName]: this.table.tableName,
      [keys.eventBusName]: this.eventBus.eventBusName,
      [keys.apiKeySecretArn]: serviceSteps.includes(step) ? this.apiKeySecret.secretArn : undefined,
      [keys.baseUrl]: props.baseUrl,
      [keys.chunksInFlight]: props.chunksInFlight,
      [keys.mapConcurrency]: props.mapConcurrency,
      [keys.maxMediaBytes]: props.maxMediaBytes,
      [keys.maxImageBytes]: props.maxImageBytes,
      [keys.noProgressMs]: props.noProgress?.toMilliseconds(),
    };
    return Object.fromEntries(
      Object.entries(values).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, String(value)]],
      ),
    );
  }

  #transfers(retention: RetentionDays): StateMachine {
    const logGroup = new LogGroup(this, 'TransferLogs', {
      // Under this prefix one account-wide policy lets the log in; elsewhere each state machine
      // adds to a policy that has a size limit.
      logGroupName: `/aws/vendedlogs/states/${Names.uniqueResourceName(this, {})}`,
      retention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const { functions } = this;
    return new TransferStateMachine(this, 'Transfers', { functions, logGroup }).stateMachine;
  }

  #sources(buckets: readonly IBucket[]): ObjectCreatedRule | undefined {
    if (buckets.length === 0) return undefined;
    for (const bucket of buckets) permitReading(this.functions, bucket);
    const { stateMachine } = this;
    return new ObjectCreatedRule(this, 'ObjectCreated', { buckets, stateMachine });
  }
}
