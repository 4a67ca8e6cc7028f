import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import {
  type Choice,
  DefinitionBody,
  Fail,
  type IChainable,
  JsonPath,
  LogLevel,
  Pass,
  StateMachine,
  StateMachineType,
  Succeed,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import type { Dispatcher } from '#infra/constructs/dispatcher.ts';
import type { StepFunctions } from '#infra/lambda/step-function.ts';
import { allowRunning } from '#infra/permissions/permissions.ts';
import type { StepName } from '#src/core/shared-with-infra/step-names.ts';
import { preflightTimeout } from './preflight-state-machine.ts';
import { createContinueRanges, createSendRanges } from './send-ranges.ts';
import { createStartExecution } from './start-execution.ts';
import {
  type Branches,
  chooseNext,
  createFunctionTask,
  createStepTask,
  failUnknownAnswer,
} from './step-task.ts';
import { errorPathOf, failUnrecorded } from './unrecorded-outcome.ts';

export interface TransferStateMachineProps {
  /** One function for each Task state. */
  readonly functions: StepFunctions;
  /** Called when an upload ends. */
  readonly dispatcher: Dispatcher;
  /** Started by the input `{"preflight":true}`. */
  readonly preflight: StateMachine;
  /** Receives the log of every transition. */
  readonly logGroup: ILogGroup;
}

/** Days of sending on a slow connection or through outages, and 24 h for an asset. Queued transfers run no execution. */
const machineTimeout = Duration.days(7);

/** The input of the functions outside the Map. The state of InspectSource is the execution's input. */
const payload = {
  state: JsonPath.entirePayload,
  executionId: JsonPath.stringAt('$$.Execution.Id'),
  startedAt: JsonPath.stringAt('$$.Execution.StartTime'),
};

/** The Task states outside the Map. */
type OuterTasks = Readonly<Record<Exclude<StepName, 'SendChunks'>, LambdaInvoke>>;

/**
 * The definition of a transfer: states, Retry, Catch and timeouts. It uses JSONPath, and only paths
 * that always exist: a missing path ends an execution without any Catch.
 */
export class TransferStateMachine extends Construct {
  readonly stateMachine: StateMachine;
  readonly #functions: StepFunctions;
  readonly #dispatcher: Dispatcher;
  readonly #preflight: StateMachine;
  readonly #tasks: OuterTasks;
  readonly #ended: IChainable;

  constructor(scope: Construct, id: string, props: TransferStateMachineProps) {
    super(scope, id);
    this.#functions = props.functions;
    this.#dispatcher = props.dispatcher;
    this.#preflight = props.preflight;
    this.#tasks = {
      InspectSource: this.#task('InspectSource'),
      OpenSession: this.#task('OpenSession'),
      ConfirmUpload: this.#task('ConfirmUpload'),
      AwaitAsset: this.#task('AwaitAsset'),
      // A rejected start has no data of its own: its row names the input.
      RecordOutcome: this.#task('RecordOutcome', {
        input: JsonPath.objectAt('$$.Execution.Input'),
      }),
    };
    this.#ended = new Succeed(this, 'Ended', { outputPath: '$.output' });
    this.#connect();
    this.stateMachine = this.#machine(props);
  }

  #machine(props: TransferStateMachineProps): StateMachine {
    const machine = new StateMachine(this, 'StateMachine', {
      comment:
        'Transfers one S3 object into the service. Smallest input: {"bucket":"my-bucket","key":"film.mp4"}. {"preflight":true} checks permissions, API key, event switches and quotas.',
      definitionBody: DefinitionBody.fromChainable(this.#tasks.InspectSource),
      stateMachineType: StateMachineType.STANDARD,
      timeout: machineTimeout,
      tracingEnabled: true,
      // Every transition with its time, for one query by transfer. The data is excluded: it holds
      // names of objects and user metadata.
      logs: { destination: props.logGroup, level: LogLevel.ALL, includeExecutionData: false },
    });
    // Running executions call the versions that they started with: the role must also allow
    // versions that the newest definition no longer names.
    for (const step of Object.values(props.functions)) step.grantInvoke(machine);
    allowRunning(machine, props.preflight);
    return machine;
  }

  #task(name: keyof OuterTasks, more: Readonly<Record<string, unknown>> = {}): LambdaInvoke {
    return createStepTask(this, name, this.#functions, { ...payload, ...more });
  }

  #connect(): void {
    const { InspectSource, OpenSession, AwaitAsset, ConfirmUpload, RecordOutcome } = this.#tasks;
    const waitToOpen = this.#wait('WaitToOpen', OpenSession);
    this.#inspect(InspectSource);
    this.#open(waitToOpen);
    this.#confirm(waitToOpen);
    this.#await();
    this.#record();
    for (const [step, task] of Object.entries({ OpenSession, ConfirmUpload, AwaitAsset })) {
      task.addCatch(RecordOutcome, { resultPath: errorPathOf(step as StepName) });
    }
  }

  /** The input may have any type, and an error can't be added to it: the error replaces the input. */
  #inspect(inspect: LambdaInvoke): void {
    const keepError = new Pass(this, 'KeepError', {
      parameters: { errorIn: { InspectSource: JsonPath.objectAt('$') } },
    }).next(this.#tasks.RecordOutcome);
    const { OpenSession, RecordOutcome } = this.#tasks;
    inspect.addCatch(keepError).next(
      this.#choose('IsAccepted', 'InspectSource', {
        wait: this.#wait('WaitToInspect', inspect),
        open: OpenSession,
        preflight: this.#startPreflight(),
        ended: RecordOutcome,
      }),
    );
  }

  /** Returns the report of the preflight as the output. RecordOutcome names a preflight's failure. */
  #startPreflight(): IChainable {
    const start = createStartExecution(this, 'StartPreflight', {
      comment: 'Runs the preflight, and waits for its report',
      stateMachine: this.#preflight,
      timeout: preflightTimeout.plus(Duration.minutes(1)),
    });
    start.addCatch(this.#tasks.RecordOutcome, { resultPath: errorPathOf('StartPreflight') });
    return start.next(this.#ended);
  }

  #open(waitToOpen: IChainable): void {
    const { OpenSession, ConfirmUpload, RecordOutcome } = this.#tasks;
    const send = createSendRanges(this, this.#functions)
      .addCatch(RecordOutcome, { resultPath: errorPathOf('SendChunks') })
      .next(ConfirmUpload);
    OpenSession.next(
      this.#choose('ChooseNextStep', 'OpenSession', {
        wait: waitToOpen,
        send,
        confirm: ConfirmUpload,
        ended: RecordOutcome,
      }),
    );
  }

  #confirm(waitToOpen: IChainable): void {
    const { ConfirmUpload, AwaitAsset, RecordOutcome } = this.#tasks;
    ConfirmUpload.next(
      this.#choose('IsUploadConfirmed', 'ConfirmUpload', {
        wait: this.#wait('WaitToConfirm', ConfirmUpload),
        continue: this.#continue(),
        missing: waitToOpen,
        expired: waitToOpen,
        asset: AwaitAsset,
        dispatch: this.#startQueued().next(AwaitAsset),
        ended: RecordOutcome,
      }),
    );
  }

  /** Ranges whose first call was not enough. An ordinary transfer has none. */
  #continue(): IChainable {
    const { ConfirmUpload, RecordOutcome } = this.#tasks;
    return createContinueRanges(this, this.#functions)
      .addCatch(RecordOutcome, { resultPath: errorPathOf('SendChunks') })
      .next(ConfirmUpload);
  }

  /** The upload's slot is free now. The dispatcher's schedule repeats a call that fails. */
  #startQueued(): LambdaInvoke {
    const { AwaitAsset } = this.#tasks;
    const called = { stateMachineArn: JsonPath.stringAt('$$.StateMachine.Id') };
    const start = createFunctionTask(this, 'StartQueued', called, {
      // The cast: the two CDK types differ in how they declare an optional property.
      called: this.#dispatcher.function as IFunction,
      timeLimit: this.#dispatcher.timeLimit,
      comment: 'Starts queued transfers for the free slots',
      resultPath: JsonPath.DISCARD,
      briefRetry: true,
    });
    start.addCatch(AwaitAsset, { resultPath: JsonPath.DISCARD });
    return start;
  }

  #await(): void {
    const { AwaitAsset, RecordOutcome } = this.#tasks;
    AwaitAsset.next(
      this.#choose('IsAssetReady', 'AwaitAsset', {
        wait: this.#wait('WaitForAsset', AwaitAsset),
        ended: RecordOutcome,
      }),
    );
  }

  #record(): void {
    const { RecordOutcome } = this.#tasks;
    const fail = new Fail(this, 'Failed', { errorPath: '$.error', causePath: '$.cause' });
    const unknown = failUnknownAnswer(this, 'UnknownOutcome', 'RecordOutcome');
    RecordOutcome.addCatch(failUnrecorded(this), {
      resultPath: errorPathOf('RecordOutcome'),
    }).next(
      chooseNext(
        this,
        { name: 'HasSucceeded', step: 'RecordOutcome' },
        { succeed: this.#ended, fail },
        unknown,
      ),
    );
  }

  /** RecordOutcome records an unknown answer as an error: such a state has no ending. */
  #choose<Step extends StepName>(name: string, step: Step, branches: Branches<Step>): Choice {
    return chooseNext(this, { name, step }, branches, this.#tasks.RecordOutcome);
  }

  #wait(name: string, next: IChainable): IChainable {
    return new Wait(this, name, { time: WaitTime.secondsPath('$.waitSeconds') }).next(next);
  }
}
