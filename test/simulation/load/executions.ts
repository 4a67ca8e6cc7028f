import type { LocalStateMachine } from '#local/state-machine/definition/definition.ts';
import type { StateMachineEvent } from '#local/state-machine/event-tally.ts';
import type { LambdaHandler } from '#local/state-machine/lambda/lambda-runtime.ts';
import {
  type ExecutionHandle,
  type ExecutionResult,
  startExecution,
} from '#local/state-machine/run.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { ExecutionDirectory } from '#src/core/ports/executions.ts';
import {
  callFunction,
  handlersSince,
  machineFrom,
  statesOf,
  statusEvent,
  statusOf,
} from '../../harness/machine.ts';
import type { Faults } from '../faults/fault-classes.ts';
import type { Chance } from '../harness/chance.ts';
import { reconciler } from '../harness/sandbox.ts';
import type { Trace } from '../trace.ts';

/** One execution of the state machine. */
export interface Execution {
  readonly id: string;
  readonly input: unknown;
  readonly startedAt: number;
  /** The number of its deployment, from 0. */
  readonly version: number;
  /** When its start or its last redrive happened, in ms since 1970. */
  runsSince: number;
  handle: ExecutionHandle;
  /** The last state it entered outside a Map, with the state's input. */
  entered?: { readonly state: string; readonly input: unknown };
  /** Whether it died without a status event. */
  hasNoStatusEvent: boolean;
  /** Whether the reconciler has processed the event of its end. */
  isEndReconciled: boolean;
  result?: ExecutionResult | undefined;
  endedAt?: number;
}

/** Dependencies of `Executions`. */
export interface ExecutionPorts {
  readonly machine: LocalStateMachine;
  readonly handlers: Readonly<Record<string, LambdaHandler>>;
  readonly trace: Trace;
  readonly chance: Chance;
  readonly faults: Faults;
  /** Receives every event of every execution. */
  readonly history: StateMachineEvent[];
  /** Returns the number of the newest deployment. */
  version(): number;
  /** Checks an execution at the moment of its end. */
  ended(execution: Execution): void;
}

/** Step Functions, with its status events and the reconciler's schedule. */
export class Executions {
  readonly all = new Map<string, Execution>();
  /** Calls that run or are planned. */
  pending = 0;
  readonly #ports: ExecutionPorts;
  #calls = 0;

  constructor(ports: ExecutionPorts) {
    this.#ports = ports;
  }

  /** @param name - set by the dispatcher, which detects a repeated start by it */
  start(input: unknown, name = `execution-${this.all.size + 1}`): Execution {
    const { machine, trace } = this.#ports;
    const version = this.#ports.version();
    const execution = { input, startedAt: Date.now(), version } as Execution;
    trace.record(name, `starts with ${JSON.stringify(input)}`);
    this.#run(execution, name, machine, input);
    return execution;
  }

  /** Redrives an aborted execution under its name, from its last state. */
  redrive(id: string): void {
    const { machine, trace } = this.#ports;
    const execution = this.all.get(id);
    if (execution?.result?.status !== 'ABORTED') return;
    const { entered, input: given } = execution;
    const name = nameOf(id);
    trace.record(name, `is redriven at ${entered?.state ?? 'its start'}`);
    const again = entered ? machineFrom(machine, entered.state) : machine;
    this.#run(execution, name, again, entered?.input ?? given);
  }

  #run(execution: Execution, name: string, machine: LocalStateMachine, input: unknown): void {
    const { history } = this.#ports;
    const isRedriven = execution.handle !== undefined;
    const handlers = isRedriven
      ? handlersSince(this.#ports.handlers, execution)
      : this.#ports.handlers;
    const topStates = statesOf(this.#ports.machine.definition);
    const onEvent = (event: StateMachineEvent) => {
      history.push(event);
      if (event.type !== 'StateEntered' || !(event.state.name in topStates)) return;
      execution.entered = { state: event.state.name, input: event.state.input };
    };
    const handle = startExecution({ machine, handlers, input, name, onEvent });
    const id = handle.executionArn;
    const restarted = {
      runsSince: Date.now(),
      hasNoStatusEvent: false,
      isEndReconciled: false,
      result: undefined,
    };
    Object.assign(execution, { id, handle, ...restarted });
    this.all.set(id, execution);
    void handle.result.then((result) => this.#end(execution, result));
  }

  #end(execution: Execution, result: ExecutionResult): void {
    execution.result = result;
    execution.endedAt = Date.now();
    const { status, error = '', cause = '', output = '' } = result;
    const summary = `${status} ${error} ${cause.slice(0, 300)} ${JSON.stringify(output)}`;
    this.#ports.trace.record(nameOf(execution.id), summary);
    this.#ports.ended(execution);
    if (status !== 'SUCCEEDED' && !execution.hasNoStatusEvent) this.#sendStatusEvent(execution);
  }

  /** Whether every execution has ended and no call runs or is planned. */
  get isQuiet(): boolean {
    return this.pending === 0 && [...this.all.values()].every(({ result }) => result);
  }

  kill(id: string): void {
    const execution = this.all.get(id);
    if (!execution || execution.result) return;
    execution.hasNoStatusEvent = true;
    execution.handle.kill();
  }

  abort(id: string): void {
    this.all.get(id)?.handle.kill();
  }

  isRunning(id: string): boolean {
    return this.all.get(id)?.handle.status() === 'RUNNING';
  }

  /** Whether an execution has run for longer than `ms`: a caller may have checked it before a redrive. */
  hasRunFor(id: string, ms: number): boolean {
    const { startedAt = 0, runsSince = 0 } = this.all.get(id) ?? {};
    return this.isRunning(id) && (startedAt === runsSince || Date.now() - runsSince > ms);
  }

  /** Calls the reconciler and repeats a failed call twice, as Lambda does for asynchronous calls. */
  async reconcile(event: object): Promise<boolean> {
    this.pending++;
    let isDone = false;
    for (const pauseMs of [60_000, 120_000, 0]) {
      isDone = await this.#call(event).then(
        () => true,
        (error: Error) => {
          this.#ports.trace.record(reconciler, `failed: ${error.name} ${error.message}`);
          return false;
        },
      );
      if (isDone || pauseMs === 0) break;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    this.pending--;
    return isDone;
  }

  directory(): ExecutionDirectory {
    const { faults } = this.#ports;
    const throwIfUnavailable = () => {
      if (!faults.strikes('execution status unavailable')) return;
      throw new TransferError('ExecutionUnknownError', 'DescribeExecution was throttled');
    };
    return {
      statusOf: async (id) => {
        if (faults.strikes('execution unknown')) return 'unknown';
        throwIfUnavailable();
        return this.isRunning(id) ? 'running' : 'ended';
      },
      endOf: async (id) => {
        throwIfUnavailable();
        return this.#endOf(id);
      },
    };
  }

  #endOf(id: string): Awaited<ReturnType<ExecutionDirectory['endOf']>> {
    const execution = this.all.get(id);
    if (!execution) return { status: 'unknown' };
    const { startedAt, result } = execution;
    const input = JSON.stringify(execution.input);
    const { status = 'RUNNING', error, cause } = result ?? {};
    return { status: statusOf(status), startedAt, input, error, cause };
  }

  /** Calls the function as Lambda does. */
  #call(event: object): Promise<unknown> {
    const { machine, handlers } = this.#ports;
    return callFunction(machine, handlers, reconciler, event, `sweep-${++this.#calls}`);
  }

  /** Sends the status event of an end. Delivery is best effort: lost, duplicated or late events occur. */
  #sendStatusEvent(execution: Execution): void {
    const { id, startedAt, input, result } = execution;
    const { faults, chance } = this.#ports;
    if (faults.strikes('status event lost')) return;
    const { status, error, cause } = result as ExecutionResult;
    const fields = { startDate: startedAt, input: JSON.stringify(input), error, cause };
    const event = statusEvent(id, status, fields);
    const times = faults.strikes('status event duplicated') ? 2 : 1;
    for (let time = 0; time < times; time++) {
      const most = faults.strikes('status event late') ? 1_800_000 : 3_000;
      this.pending++;
      setTimeout(
        () => {
          this.pending--;
          const { runsSince, result: end } = execution;
          void this.reconcile(event).then((isDone) => {
            // During a redriven run, the event of the earlier end does not describe the new end.
            execution.isEndReconciled ||=
              isDone && end !== undefined && runsSince === execution.runsSince;
          });
        },
        chance.between(100, most),
      );
    }
  }
}

function nameOf(id: string): string {
  return id.split(':').at(-1) as string;
}
