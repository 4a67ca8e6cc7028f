import { randomUUID } from 'node:crypto';
import type { Pipeline } from '#local/pipeline.ts';
import { stateMachineArn } from '#local/state-machine/definition/definition.ts';
import { lambdaContext } from '#local/state-machine/lambda/lambda-context.ts';
import type { FaultPlan } from '#local/state-machine/lambda/lambda-runtime.ts';
import type { ExecutionHandle, ExecutionResult } from '#local/state-machine/run.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { Random } from '#src/core/ports/clock.ts';
import type {
  ExecutionDirectory,
  ExecutionEnd,
  ExecutionStart,
  ExecutionStarter,
} from '#src/core/ports/executions.ts';
import { executionArnOf } from '#src/core/queue/execution-arn.ts';
import type { ServiceFunctionName } from '#src/core/shared-with-infra/step-names.ts';
import { deployedFunctions } from '../harness/deployed-functions.ts';
import { statusEvent, statusOf } from '../harness/machine.ts';

/** The executions of one object. */
export interface ObjectRun {
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly arrivedAt: number;
  /** When its last execution ended, in milliseconds since 1970. */
  endedAt: number;
  executions: number;
  transitions: number;
  functionCalls: number;
  /** Injected crashes of its functions. */
  crashes: number;
  wasKilled: boolean;
  /** The output of its last execution. */
  last: Readonly<Record<string, unknown>>;
}

/** Counts of executions and of the dispatcher's calls. */
export interface ExecutionWatch {
  readonly objects: Map<string, ObjectRun>;
  /** Running executions by ARN. */
  readonly running: Map<string, { readonly handle: ExecutionHandle; readonly key: string }>;
  dispatcherCalls: number;
  dispatcherFailures: number;
  /** Calls of StartExecution by the dispatcher. */
  starts: number;
  /** Failed calls. Half of them had started the execution. */
  failedStarts: number;
  /** Calls for a name whose execution runs or has ended. */
  repeatedStarts: number;
  killed: number;
}

/** The share of function calls with an injected crash, before or after their work. */
const crashShare = 0.005;

/** The share of StartExecution calls that fail. */
const failingStarts = 0.02;

/** The executions of one pipeline. Calls the targets of the deployed rules when an execution ends. */
export class Executions implements ExecutionDirectory, ExecutionStarter {
  readonly watch: ExecutionWatch = {
    objects: new Map(),
    running: new Map(),
    dispatcherCalls: 0,
    dispatcherFailures: 0,
    starts: 0,
    failedStarts: 0,
    repeatedStarts: 0,
    killed: 0,
  };
  readonly #pipeline: () => Pipeline;
  readonly #random: Random;
  /** Pending calls of the dispatcher and the reconciler. */
  #pending = 0;

  constructor(pipeline: () => Pipeline, random: Random) {
    this.#pipeline = pipeline;
    this.#random = random;
  }

  /** Whether no execution runs and no call of a rule is pending. */
  get isCalm(): boolean {
    return this.watch.running.size === 0 && this.#pending === 0;
  }

  /** Starts an execution for an object, as its event or an operator does. */
  arrive(bucket: string, key: string): void {
    const { objects } = this.watch;
    if (!objects.has(key)) objects.set(key, newRun(key));
    this.#run(key, { bucket, key }, randomUUID());
  }

  /** Stops a running execution, as StopExecution does. */
  kill(executionArn: string): string | undefined {
    const found = this.watch.running.get(executionArn);
    if (!found) return undefined;
    const run = this.watch.objects.get(found.key);
    if (run) run.wasKilled = true;
    this.watch.killed++;
    found.handle.kill();
    return found.key;
  }

  /** Calls the dispatcher as its schedule does. */
  everyMinute(): void {
    this.#call('Dispatch', { stateMachineArn: this.#machineArn, schedule: true });
  }

  async start({ name, input }: ExecutionStart): Promise<'started' | 'exists'> {
    this.watch.starts++;
    const drawn = this.#random();
    if (drawn < failingStarts / 2) this.#failStart();
    const status = this.#pipeline().statusOf(executionArnOf(this.#machineArn, name));
    if (status === undefined) this.#run(String(input.key), input, name);
    else this.watch.repeatedStarts++;
    if (drawn < failingStarts) this.#failStart();
    return status === undefined || status === 'RUNNING' ? 'started' : 'exists';
  }

  async statusOf(executionId: string): Promise<'running' | 'ended' | 'unknown'> {
    const { status } = await this.endOf(executionId);
    return status === 'running' || status === 'unknown' ? status : 'ended';
  }

  async endOf(executionId: string): Promise<ExecutionEnd> {
    const status = this.#pipeline().statusOf(executionId);
    return { status: status ? statusOf(status) : 'unknown' };
  }

  get #machineArn(): string {
    return stateMachineArn(this.#pipeline().machine);
  }

  #failStart(): never {
    this.watch.failedStarts++;
    throw new TransferError('ExecutionNotStartedError', 'the reply of StartExecution was lost');
  }

  #run(key: string, input: unknown, name: string): void {
    const run = this.watch.objects.get(key);
    if (!run) throw new Error(`the object ${JSON.stringify(key)} never arrived`);
    const handle = this.#pipeline().start(input, {
      name,
      faults: this.#faultsOf(run),
      onInvocation: () => {
        run.functionCalls++;
      },
    });
    this.watch.running.set(handle.executionArn, { handle, key });
    void handle.result.then((result) => this.#ended(run, input, result));
  }

  #faultsOf(run: ObjectRun): FaultPlan {
    return () => {
      const drawn = this.#random();
      if (drawn >= crashShare) return undefined;
      run.crashes++;
      const kind = drawn < crashShare / 2 ? 'crash-before' : 'crash-after';
      return { kind, error: 'Lambda.Unknown' };
    };
  }

  /** Calls the rules for the end of an execution: the dispatcher's and the reconciler's. */
  #ended(run: ObjectRun, input: unknown, result: ExecutionResult): void {
    const { executionArn, status, transitions, output, error, cause } = result;
    this.watch.running.delete(executionArn);
    run.endedAt = Date.now();
    run.executions++;
    run.transitions += transitions;
    run.last = (output ?? { status, error, cause }) as ObjectRun['last'];
    this.#call('Dispatch', { stateMachineArn: this.#machineArn });
    if (status === 'SUCCEEDED') return;
    const fields = { input: JSON.stringify(input), error, cause };
    this.#call('Reconcile', statusEvent(executionArn, status, fields));
  }

  #contextOf(name: string) {
    const functions = deployedFunctions(this.#pipeline().machine);
    const [arn, called] = [...functions].find(([, one]) => one.name === name) ?? [];
    if (!arn || !called) throw new Error(`the stack has no function ${name}`);
    return lambdaContext(called, arn, randomUUID(), Date.now);
  }

  #call(name: ServiceFunctionName, event: object): void {
    if (name === 'Dispatch') this.watch.dispatcherCalls++;
    const context = this.#contextOf(name);
    this.#pending++;
    const payload = JSON.parse(JSON.stringify(event)) as never;
    const answer = this.#pipeline().handlers[name](payload, context) as Promise<unknown>;
    void answer
      .catch(() => {
        if (name === 'Dispatch') this.watch.dispatcherFailures++;
        // EventBridge and Lambda repeat a call of the reconciler.
        else setTimeout(() => this.#call(name, event), 60_000);
      })
      .finally(() => {
        this.#pending--;
      });
  }
}

function newRun(key: string): ObjectRun {
  return {
    key,
    arrivedAt: Date.now(),
    endedAt: Date.now(),
    executions: 0,
    transitions: 0,
    functionCalls: 0,
    crashes: 0,
    wasKilled: false,
    last: {},
  };
}
