import { Lazy, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { type CfnSecret, type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { Dispatcher } from '#infra/constructs/dispatcher.ts';
import { ProofTable } from '#infra/constructs/proof-table.ts';
import { Reconciler } from '#infra/constructs/reconciler.ts';
import { TransferStateMachine } from '#infra/constructs/transfer-state-machine.ts';
import { StepFunction, type StepFunctions } from '#infra/lambda/step-function.ts';
import { Monitoring } from '#infra/monitoring/monitoring.ts';
import { type FunctionNetwork, functionNetwork } from '#infra/network/function-network.ts';
import { acknowledge } from '#infra/permissions/acknowledge.ts';
import { readingSteps } from '#infra/permissions/allow-reading.ts';
import {
  acknowledgeMachine,
  permitAskingForExecutions,
  permitDispatching,
  permitReconciling,
  permitResources,
  permitStarting,
  serviceSteps,
} from '#infra/permissions/permissions.ts';
import { readersOf } from '#infra/sources/account-readers.ts';
import { checkSource } from '#infra/sources/check-source.ts';
import { SourceIntake } from '#infra/sources/source-intake.ts';
import { SourceList } from '#infra/sources/source-list.ts';
import type { SourceProps } from '#infra/sources/source-props.ts';
import { environmentKeys } from '#src/config/environment-keys.ts';
import { type StepName, stepNames } from '#src/core/stack/step-names.ts';
import { type CheckedProps, type ChunkferryProps, checkProps } from './chunkferry-props.ts';

/**
 * Everything that moves objects out of Amazon S3 into the service: the state machine, a function for
 * each of its steps, the table of proofs, the API key's secret, and for each source the rule that
 * starts an execution for each new object.
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
  /** Rules, the bus of other accounts and Regions, and the queue of what could not start. */
  readonly intake: SourceIntake;
  /** Settles what no Catch sees, on status events and every five minutes. */
  readonly reconciler: Reconciler;
  /** Starts queued transfers as slots become free; takes the commands pause, resume and cancel. */
  readonly dispatcher: Dispatcher;
  /** The alarms with their topic, and the dashboard. */
  readonly monitoring: Monitoring;
  /** Where the functions run; undefined outside any VPC. */
  readonly network: FunctionNetwork | undefined;
  readonly #sources: SourceList;

  /** @throws ConfigurationError - a prop is out of its bounds; the message names it */
  constructor(scope: Construct, id: string, props: ChunkferryProps = {}) {
    super(scope, id);
    const checked = checkProps(props);
    const readers = readersOf(checked.sourceAccounts, checked.organizationId);
    this.#assertValidSources(checked.sources, new SourceList(this, readers));
    this.#sources = new SourceList(this, readers);
    this.table = new ProofTable(this, 'Proofs', {
      removalPolicy: checked.tableRemovalPolicy,
      deletionProtection: checked.tableDeletionProtection,
    });
    this.apiKeySecret = checked.apiKeySecret ?? this.#emptySecret();
    this.eventBus = checked.eventBus ?? EventBus.fromEventBusName(this, 'DefaultBus', 'default');
    this.network = functionNetwork(this, checked);
    this.functions = this.#stepFunctions(checked);
    this.#reserve(checked.sendReservedConcurrency);
    permitResources(this.functions, this);
    this.reconciler = this.#reconciler(checked);
    this.dispatcher = this.#dispatcher(checked);
    this.stateMachine = this.#transfers(checked.logRetention);
    this.#letExecutionsBeAskedFor();
    this.reconciler.reconcileExecutionsOf(this.stateMachine);
    this.dispatcher.dispatchFor(this.stateMachine);
    this.intake = this.#takeIn(checked);
    this.monitoring = this.#watch(checked);
  }

  /**
   * Takes one more source: its events start executions, its objects may be named by hand.
   * @throws ConfigurationError - names the source and what is wrong with it
   */
  addSource(source: SourceProps): this {
    this.intake.add(source);
    return this;
  }

  /** Before the functions are bundled: that takes seconds, and its lines would bury the one that counts. */
  #assertValidSources(sources: readonly SourceProps[], list: SourceList): void {
    for (const source of sources) list.add(checkSource(source, Stack.of(this)));
  }

  /** Without a value: a generated one would be sent to the service as if it were a key. */
  #emptySecret(): ISecret {
    const secret = new Secret(this, 'ApiKey', {
      description: "The service's API key, as plain text; put it in by hand",
    });
    const resource = secret.node.defaultChild as CfnSecret;
    resource.generateSecretString = undefined;
    acknowledge(
      secret,
      'The key is made and withdrawn at the service, by hand: nothing here could rotate it.',
      'SMG4',
    );
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
      network: this.network,
    });
  }

  /** What was not given is left out: its default has one owner, the code that reads it. */
  #environment(step: StepName, props: CheckedProps): Record<string, string> {
    const keys = environmentKeys;
    const reads = (readingSteps as readonly StepName[]).includes(step);
    return withoutAbsent({
      ...this.#commonEnvironment(props, serviceSteps.includes(step)),
      [keys.sources]: reads ? this.#sourcesJson() : undefined,
      [keys.chunksInFlight]: props.chunksInFlight,
      [keys.mapConcurrency]: props.mapConcurrency,
      [keys.maxActiveTransfers]: props.maxActiveTransfers,
      [keys.transferWindow]: windowText(props),
      [keys.maxSendConcurrency]: props.maxSendConcurrency,
      [keys.maxMediaBytes]: props.maxMediaBytes,
      [keys.maxImageBytes]: props.maxImageBytes,
      [keys.noProgressMs]: props.noProgress?.toMilliseconds(),
      [keys.uploadReplyMs]: props.uploadReply?.toMilliseconds(),
      [keys.privateUploadHosts]: props.privateUploadHosts,
    });
  }

  #commonEnvironment({ baseUrl }: CheckedProps, callsService: boolean): EnvironmentValues {
    const keys = environmentKeys;
    return {
      [keys.tableName]: this.table.tableName,
      [keys.eventBusName]: this.eventBus.eventBusName,
      [keys.serviceName]: this.#deployment(),
      [keys.apiKeySecretArn]: callsService ? this.apiKeySecret.secretArn : undefined,
      [keys.baseUrl]: baseUrl,
    };
  }

  /** Made with the template, for sources may be added until then. */
  #sourcesJson(): string {
    return Lazy.string({
      produce: () => {
        const told = this.#sources.told();
        return told && Stack.of(this).toJsonString(told);
      },
    });
  }

  #reserve(executions: number | undefined): void {
    if (executions === undefined) return;
    const send = this.functions.SendChunks.node.defaultChild as CfnFunction;
    send.reservedConcurrentExecutions = executions;
  }

  #transfers(retention: RetentionDays): StateMachine {
    const logGroup = new LogGroup(this, 'TransferLogs', {
      // Under this prefix one account-wide policy lets the log in; elsewhere each state machine
      // adds to a policy that has a size limit.
      logGroupName: `/aws/vendedlogs/states/${Names.uniqueResourceName(this, {})}`,
      retention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const { functions, reconciler, dispatcher } = this;
    const props = { functions, reconciler, dispatcher, logGroup };
    const { stateMachine } = new TransferStateMachine(this, 'Transfers', props);
    const others = [reconciler.function, dispatcher.function];
    acknowledgeMachine(stateMachine, [...Object.values(functions), ...others]);
    return stateMachine;
  }

  #letExecutionsBeAskedFor(): void {
    const { functions, reconciler, dispatcher, stateMachine } = this;
    const roleOf = ({ role }: { readonly role?: IRole }) => role as IRole;
    permitAskingForExecutions(stateMachine, 'AskForExecutions', roleOf(functions.OpenSession));
    permitAskingForExecutions(stateMachine, 'AskForAllExecutions', roleOf(reconciler.function));
    permitAskingForExecutions(stateMachine, 'AskForStarted', roleOf(dispatcher.function));
    permitStarting(stateMachine, 'StartQueuedTransfers', roleOf(dispatcher.function));
  }

  #reconciler(props: CheckedProps): Reconciler {
    return new Reconciler(this, 'Reconciler', {
      environment: withoutAbsent(this.#commonEnvironment(props, true)),
      memoryMiB: props.stepMemoryMiB,
      logRetention: props.logRetention,
      network: this.network,
      permit: (reconcile) => permitReconciling(reconcile, this),
    });
  }

  #dispatcher(props: CheckedProps): Dispatcher {
    const keys = environmentKeys;
    return new Dispatcher(this, 'Dispatcher', {
      environment: withoutAbsent({
        [keys.tableName]: this.table.tableName,
        [keys.eventBusName]: this.eventBus.eventBusName,
        [keys.serviceName]: this.#deployment(),
        [keys.maxActiveTransfers]: props.maxActiveTransfers,
        [keys.transferWindow]: windowText(props),
      }),
      memoryMiB: props.stepMemoryMiB,
      logRetention: props.logRetention,
      network: this.network,
      permit: (dispatch) => permitDispatching(dispatch, this),
    });
  }

  #watch(props: CheckedProps): Monitoring {
    const { alarmEmail, alarmTopic, alarmThresholds } = props;
    return new Monitoring(this, 'Monitoring', {
      deployment: this.#deployment(),
      stateMachine: this.stateMachine,
      table: this.table,
      functions: this.functions,
      reconciler: this.reconciler.function,
      dispatcher: this.dispatcher.function,
      failures: {
        eventBus: this.eventBus,
        memoryMiB: props.stepMemoryMiB,
        logRetention: props.logRetention,
        network: this.network,
      },
      deadLetterQueues: {
        ObjectEvents: { queue: this.intake.deadLetterQueue },
        Reconciler: {
          queue: this.reconciler.deadLetterQueue,
          sendAgain:
            'Then invoke the reconciler with each event: the body itself, or its requestPayload.',
        },
      },
      ...(alarmEmail !== undefined && { alarmEmail }),
      ...(alarmTopic && { alarmTopic }),
      ...(alarmThresholds && { thresholds: alarmThresholds }),
      maxSendConcurrency: props.maxSendConcurrency,
      maxActiveTransfers: props.maxActiveTransfers,
    });
  }

  /** What tells this Chunkferry's metrics from another's. */
  #deployment(): string {
    return `${Stack.of(this).stackName}/${this.node.id}`;
  }

  #takeIn({ sources, sameContent, organizationId }: CheckedProps): SourceIntake {
    const { functions, stateMachine } = this;
    const intake = new SourceIntake(this, 'ObjectCreated', {
      sources: this.#sources,
      sameContent,
      functions,
      stateMachine,
      organizationId,
    });
    for (const source of sources) intake.add(source);
    return intake;
  }
}

type EnvironmentValues = Readonly<Record<string, string | number | boolean | undefined>>;

function windowText({ transferWindow }: CheckedProps): string | undefined {
  return transferWindow && JSON.stringify(transferWindow);
}

function withoutAbsent(values: EnvironmentValues): Record<string, string> {
  const present = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present.map(([key, value]) => [key, String(value)]));
}
