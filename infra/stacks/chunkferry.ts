import { Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { Dispatcher } from '#infra/constructs/dispatcher.ts';
import { Reconciler } from '#infra/constructs/reconciler.ts';
import { TransferTable } from '#infra/constructs/transfer-table.ts';
import { createEmptySecret } from '#infra/destination/destination-secrets.ts';
import { StepFunction, type StepFunctions } from '#infra/lambda/step-function.ts';
import { Monitoring } from '#infra/monitoring/monitoring.ts';
import { createFunctionNetwork, type FunctionNetwork } from '#infra/network/function-network.ts';
import {
  acknowledgeMachine,
  allowDescribingExecutions,
  allowDispatching,
  allowEarlierKeys,
  allowReconciling,
  allowResources,
  allowStarting,
} from '#infra/permissions/permissions.ts';
import { readersOf } from '#infra/sources/account-readers.ts';
import { labelOfCall } from '#infra/sources/bucket-identity.ts';
import { SourceIntake } from '#infra/sources/source-intake.ts';
import { SourceList } from '#infra/sources/source-list.ts';
import { sourceProps } from '#infra/sources/source-props.ts';
import { toSource } from '#infra/sources/to-source.ts';
import { PreflightStateMachine } from '#infra/state-machine/preflight-state-machine.ts';
import { TransferStateMachine } from '#infra/state-machine/transfer-state-machine.ts';
import {
  type DestinationNeeds,
  type FunctionWith,
  needsOfAll,
  stepsWith,
} from '#src/core/shared-with-infra/permissions.ts';
import { type StepName, stepNames } from '#src/core/shared-with-infra/step-names.ts';
import { type DestinationKind, definitionOf } from '#src/destinations/registry.ts';
import { check } from '../configuration/check.ts';
import { type CheckedProps, checkProps } from './chunkferry-props.ts';
import type { ChunkferryProps, SourceProps } from './documented-props.ts';
import {
  dispatcherEnvironment,
  reconcilerEnvironment,
  type SharedResources,
  stepEnvironment,
} from './function-environment.ts';

/**
 * Transfers objects from Amazon S3 into the service: the state machine, a function for each of its
 * steps, the reconciler, the dispatcher, the table of proofs, the API key's secret, and a rule for
 * each source bucket that starts an execution for each new object.
 */
export class Chunkferry extends Construct {
  /** Transfers one object. Start it with `{"bucket":"…","key":"…"}`. */
  readonly stateMachine: StateMachine;
  /** Checks permissions, the API key and quotas. Start it with `{}`. */
  readonly preflightStateMachine: StateMachine;
  /** Holds the transfers, the proofs of their chunks, and the queue. */
  readonly table: Table;
  /** The functions of the state machine's steps, by the name of their Task state. */
  readonly functions: StepFunctions;
  /** The kind of the service that receives the objects. */
  readonly destination: DestinationKind;
  /** What the destination needs of the functions in addition to its calls. */
  readonly needs: DestinationNeeds;
  /** Holds the destination's API key or token. */
  readonly apiKeySecret: ISecret;
  /** Takes the events of transfers that started and ended. */
  readonly eventBus: IEventBus;
  /** The rules, the bus of other accounts and Regions, and the queue of events that started nothing. */
  readonly intake: SourceIntake;
  /** Reports and cleans up after executions that ended early, on status events and every five minutes. */
  readonly reconciler: Reconciler;
  /** Starts queued transfers as slots become free. Takes the commands pause, resume and cancel. */
  readonly dispatcher: Dispatcher;
  /** The alarms with their topic, and the dashboard. */
  readonly monitoring: Monitoring;
  /** The functions' VPC, subnets and security groups; undefined without a VPC. */
  readonly network: FunctionNetwork | undefined;
  readonly #sources: SourceList;

  /** @throws ConfigurationError - names the prop, its value and what must hold */
  constructor(scope: Construct, id: string, props: ChunkferryProps = {}) {
    super(scope, id);
    const checked = checkProps(props);
    const readers = readersOf(checked.sourceAccounts);
    this.#assertValidSources(checked.sources, new SourceList(this, readers));
    this.#sources = new SourceList(this, readers);
    this.table = new TransferTable(this, 'Table', {
      removalPolicy: checked.tableRemovalPolicy,
      deletionProtection: checked.tableDeletionProtection,
    });
    const { kind, needs = {} } = checked.destination.definition;
    this.destination = kind;
    this.needs = needs;
    this.apiKeySecret = checked.apiKeySecret ?? createEmptySecret(this, this.destination);
    this.eventBus = checked.eventBus ?? EventBus.fromEventBusName(this, 'DefaultBus', 'default');
    this.network = createFunctionNetwork(this, checked);
    this.functions = this.#stepFunctions(checked);
    this.#reserve(checked.sendReservedConcurrency);
    allowResources(this.functions, this);
    this.#keepEarlierSecrets(checked);
    this.reconciler = this.#createReconciler(checked);
    this.dispatcher = this.#createDispatcher(checked);
    const logGroup = this.#createLogGroup(checked.logRetention);
    this.preflightStateMachine = this.#createPreflight(logGroup);
    this.stateMachine = this.#createStateMachine(logGroup);
    this.#allowExecutionCalls();
    this.reconciler.reconcileExecutionsOf(this.stateMachine);
    this.dispatcher.dispatchFor(this.stateMachine);
    this.intake = this.#createIntake(checked);
    this.monitoring = this.#createMonitoring(checked);
  }

  /**
   * Adds a source: its events start executions, and its objects may be started by hand.
   * @throws ConfigurationError - names the field, its value and what must hold
   */
  addSource(source: SourceProps): this {
    const path = labelOfCall((source as SourceProps | undefined)?.bucket);
    this.intake.add(check(sourceProps, source, path), path);
    return this;
  }

  /** Runs before the bundling, which takes seconds and would bury the error in its output. */
  #assertValidSources(sources: readonly SourceProps[], list: SourceList): void {
    for (const [index, source] of sources.entries()) {
      list.add(toSource(source, Stack.of(this)), pathOfSource(index));
    }
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
      environment: stepEnvironment(step, props, this.#shared(), this.#sources),
      logRetention: props.logRetention,
      network: this.network,
    });
  }

  /** Functions of earlier versions, with the earlier destination in their variables, read its secret. */
  #keepEarlierSecrets({ earlierDestinations }: CheckedProps): void {
    const earlier = new Set(earlierDestinations);
    earlier.delete(this.destination);
    for (const kind of earlier) {
      const { needs = {} } = definitionOf(kind, 'earlierDestinations');
      allowEarlierKeys(this.functions, createEmptySecret(this, kind), needs);
    }
  }

  #shared(): SharedResources {
    const { table, eventBus, apiKeySecret } = this;
    return { deployment: this.#deployment(), table, eventBus, apiKeySecret };
  }

  #reserve(executions: number | undefined): void {
    if (executions === undefined) return;
    const send = this.functions.SendChunks.node.defaultChild as CfnFunction;
    send.reservedConcurrentExecutions = executions;
  }

  #createLogGroup(retention: RetentionDays): LogGroup {
    return new LogGroup(this, 'TransferLogs', {
      // One account-wide policy admits logs under this prefix. Elsewhere each state machine adds to a
      // policy that has a size limit.
      logGroupName: `/aws/vendedlogs/states/${Names.uniqueResourceName(this, {})}`,
      retention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  #createPreflight(logGroup: LogGroup): StateMachine {
    const { functions, reconciler, dispatcher } = this;
    const props = { functions, reconciler, dispatcher, logGroup };
    const { stateMachine } = new PreflightStateMachine(this, 'Preflight', props);
    acknowledgeMachine(stateMachine, [reconciler.function, dispatcher.function]);
    return stateMachine;
  }

  #createStateMachine(logGroup: LogGroup): StateMachine {
    const { functions, dispatcher, preflightStateMachine: preflight } = this;
    const props = { functions, dispatcher, preflight, logGroup };
    const { stateMachine } = new TransferStateMachine(this, 'Transfers', props);
    acknowledgeMachine(stateMachine, [...Object.values(functions), dispatcher.function]);
    return stateMachine;
  }

  #allowExecutionCalls(): void {
    const { functions, reconciler, dispatcher, stateMachine, preflightStateMachine } = this;
    const roleOf = ({ role }: { readonly role?: IRole }) => role as IRole;
    const describing: Readonly<Record<FunctionWith<'describeExecutions'>, [string, IRole]>> = {
      OpenSession: ['AskForExecutions', roleOf(functions.OpenSession)],
      Reconcile: ['AskForAllExecutions', roleOf(reconciler.function)],
      Dispatch: ['AskForStarted', roleOf(dispatcher.function)],
    };
    for (const [id, role] of Object.values(describing)) {
      allowDescribingExecutions(stateMachine, preflightStateMachine, id, role);
    }
    const starting: Readonly<Record<FunctionWith<'startExecutions'>, IRole>> = {
      Dispatch: roleOf(dispatcher.function),
    };
    allowStarting(stateMachine, 'StartQueuedTransfers', starting.Dispatch);
  }

  #createReconciler(props: CheckedProps): Reconciler {
    return new Reconciler(this, 'Reconciler', {
      environment: reconcilerEnvironment(props, this.#shared()),
      memoryMiB: props.stepMemoryMiB,
      logRetention: props.logRetention,
      network: this.network,
      permit: (reconcile) => allowReconciling(reconcile, this),
    });
  }

  #createDispatcher(props: CheckedProps): Dispatcher {
    return new Dispatcher(this, 'Dispatcher', {
      environment: dispatcherEnvironment(props, this.#shared()),
      memoryMiB: props.stepMemoryMiB,
      logRetention: props.logRetention,
      network: this.network,
      permit: (dispatch) => allowDispatching(dispatch, this),
    });
  }

  #createMonitoring(props: CheckedProps): Monitoring {
    const { alarmEmail, alarmTopic, alarmThresholds } = props;
    return new Monitoring(this, 'Monitoring', {
      deployment: this.#deployment(),
      stateMachine: this.stateMachine,
      table: this.table,
      functions: this.functions,
      reconciler: this.reconciler.function,
      dispatcher: this.dispatcher.function,
      failureNotices: {
        eventBus: this.eventBus,
        memoryMiB: props.stepMemoryMiB,
        logRetention: props.logRetention,
        network: this.network,
      },
      deadLetterQueues: {
        ObjectEvents: { queue: this.intake.deadLetterQueue },
        Reconciler: {
          queue: this.reconciler.deadLetterQueue,
          redelivery:
            'Then invoke the reconciler with each event: the body itself, or its requestPayload.',
        },
      },
      ...(alarmEmail !== undefined && { alarmEmail }),
      ...(alarmTopic && { alarmTopic }),
      alarmThresholds,
      maxSendConcurrency: props.maxSendConcurrency,
      maxActiveTransfers: props.maxActiveTransfers,
    });
  }

  /** Identifies the metrics of this Chunkferry. */
  #deployment(): string {
    return `${Stack.of(this).stackName}/${this.node.id}`;
  }

  #createIntake(props: CheckedProps): SourceIntake {
    const { sources, sameContent, organizationId } = props;
    const { functions, stateMachine } = this;
    const intake = new SourceIntake(this, 'ObjectCreated', {
      sources: this.#sources,
      sameContent,
      functions,
      readingSteps: stepsWith('readSources', needsOf(props)),
      stateMachine,
      organizationId,
    });
    for (const [index, source] of sources.entries()) intake.add(source, pathOfSource(index));
    return intake;
  }
}

/** Functions of earlier versions keep working for the earlier destinations, with the roles of now. */
function needsOf({ destination, earlierDestinations }: CheckedProps): DestinationNeeds {
  const earlier = earlierDestinations.map((kind) => definitionOf(kind, 'earlierDestinations'));
  return needsOfAll([destination.definition, ...earlier].map(({ needs = {} }) => needs));
}

function pathOfSource(index: number): string {
  return `sources[${index}]`;
}
