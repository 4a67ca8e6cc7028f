import type { LocalStateMachine } from '#local/state-machine/definition.ts';
import type { StateMachineEvent } from '#local/state-machine/event-tally.ts';
import { lambdaContext } from '#local/state-machine/lambda-context.ts';
import type { LambdaHandler } from '#local/state-machine/lambda-runtime.ts';
import {
  type ExecutionHandle,
  type ExecutionResult,
  startExecution,
} from '#local/state-machine/run.ts';
import type { LocalFunction } from '#local/state-machine/template.ts';
import { TransferError } from '#src/core/errors/errors.ts';
import type { ExecutionDirectory } from '#src/core/ports/executions.ts';
import type { Chance } from './chance.ts';
import type { Mishaps } from './fault-classes.ts';
import { handlersSince, machineFrom, statesOf } from './redriven-machine.ts';
import { reconciler } from './sandbox.ts';
import type { Trace } from './trace.ts';

/** One execution, from its start to its end. */
export interface Execution {
  readonly id: string;
  readonly input: unknown;
  readonly startedAt: number;
  /** The deployment that it began with, from 0. */
  readonly version: number;
  /** When it began to run, by its start or its last redrive. */
  runsSince: number;
  handle: ExecutionHandle;
  /** The state that it entered last, those inside a Map aside, with its input. */
  entered?: { readonly state: string; readonly input: unknown };
  /** Died in a way of which no event tells. */
  isSilent: boolean;
  /** Whether the reconciler has worked through the event of its end. */
  isHeard: boolean;
  result?: ExecutionResult | undefined;
  endedAt?: number;
}

/** What running executions needs. */
export interface ExecutionPorts {
  readonly machine: LocalStateMachine;
  readonly handlers: Readonly<Record<string, LambdaHandler>>;
  readonly trace: Trace;
  readonly chance: Chance;
  readonly mishaps: Mishaps;
  /** Takes every event of every execution. */
  readonly history: StateMachineEvent[];
  /** Returns the number of the newest deployment. */
  version(): number;
  /** Looks at an execution that has ended, at that moment. */
  ended(execution: Execution): void;
}

/** Step Functions, with its events to the reconciler and the reconciler's schedule. */
export class Executions {
  readonly all = new Map<string, Execution>();
  /** Calls of the reconciler under way or still to come. */
  pending = 0;
  readonly #ports: ExecutionPorts;
  #calls = 0;

  constructor(ports: ExecutionPorts) {
    this.#ports = ports;
  }

  /** @param name - the dispatcher gives one, by which a repeat is known */
  start(input: unknown, name = `execution-${this.all.size + 1}`): Execution {
    const { machine, trace } = this.#ports;
    const version = this.#ports.version();
    const execution = { input, startedAt: Date.now(), version } as Execution;
    trace.note(name, `starts with ${JSON.stringify(input)}`);
    this.#run(execution, name, machine, input);
    return execution;
  }

  /** Goes on with one that was killed or stopped, under its name, with the state that it was in. */
  redrive(id: string): void {
    const { machine, trace } = this.#ports;
    const execution = this.all.get(id);
    if (execution?.result?.status !== 'ABORTED') return;
    const { entered, input: given } = execution;
    const name = nameOf(id);
    trace.note(name, `is redriven at ${entered?.state ?? 'its start'}`);
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
    const anew = { runsSince: Date.now(), isSilent: false, isHeard: false, result: undefined };
    Object.assign(execution, { id, handle, ...anew });
    this.all.set(id, execution);
    void handle.result.then((result) => this.#end(execution, result));
  }

  #end(execution: Execution, result: ExecutionResult): void {
    execution.result = result;
    execution.endedAt = Date.now();
    const { status, error = '', cause = '', output = '' } = result;
    const said = `${status} ${error} ${cause.slice(0, 300)} ${JSON.stringify(output)}`;
    this.#ports.trace.note(nameOf(execution.id), said);
    this.#ports.ended(execution);
    if (status !== 'SUCCEEDED' && !execution.isSilent) this.#tell(execution);
  }

  /** Whether every execution has ended and the reconciler has nothing under way. */
  get isQuiet(): boolean {
    return this.pending === 0 && [...this.all.values()].every(({ result }) => result);
  }

  kill(id: string): void {
    const execution = this.all.get(id);
    if (!execution || execution.result) return;
    execution.isSilent = true;
    execution.handle.kill();
  }

  abort(id: string): void {
    this.all.get(id)?.handle.kill();
  }

  isRunning(id: string): boolean {
    return this.all.get(id)?.handle.status() === 'RUNNING';
  }

  /** Whether it has been running for longer than that: one that looked before its redrive saw it over. */
  hasRunFor(id: string, ms: number): boolean {
    const { startedAt = 0, runsSince = 0 } = this.all.get(id) ?? {};
    return this.isRunning(id) && (startedAt === runsSince || Date.now() - runsSince > ms);
  }

  /** One call of the reconciler, with the two repeats of an asynchronous one. */
  async reconcile(event: object): Promise<boolean> {
    this.pending++;
    let isDone = false;
    for (const pauseMs of [60_000, 120_000, 0]) {
      isDone = await this.#call(event).then(
        () => true,
        (error: Error) => {
          this.#ports.trace.note(reconciler, `failed: ${error.name} ${error.message}`);
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
    const { mishaps } = this.#ports;
    const refuse = () => {
      if (!mishaps.strikes('execution not told')) return;
      throw new TransferError('ExecutionUnknownError', 'DescribeExecution was throttled');
    };
    return {
      statusOf: async (id) => {
        if (mishaps.strikes('execution unknown')) return 'unknown';
        refuse();
        return this.isRunning(id) ? 'running' : 'ended';
      },
      endOf: async (id) => {
        refuse();
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
    const told = status.toLowerCase().replace('_', '-') as 'aborted';
    return { status: told, startedAt, input, error, cause };
  }

  /** The function as Lambda calls it. */
  #call(event: object): Promise<unknown> {
    const { machine, handlers } = this.#ports;
    const [one] = machine.functions.values();
    const called = { ...(one as LocalFunction), name: reconciler, timeoutSeconds: 150 };
    const context = lambdaContext(called, 'arn:reconcile', `sweep-${++this.#calls}`, Date.now);
    return (handlers[reconciler] as LambdaHandler)(event as never, context) as Promise<unknown>;
  }

  /** Status events are best effort: they may be lost, come twice, and come late. */
  #tell(execution: Execution): void {
    const { id, startedAt, input, result } = execution;
    const { mishaps, chance } = this.#ports;
    if (mishaps.strikes('status event lost')) return;
    const { status, error, cause } = result as ExecutionResult;
    const told = { status, startDate: startedAt, input: JSON.stringify(input), error, cause };
    const detail = { executionArn: id, ...told };
    const event = {
      source: 'aws.states',
      'detail-type': 'Step Functions Execution Status Change',
      detail,
    };
    const times = mishaps.strikes('status event duplicated') ? 2 : 1;
    for (let time = 0; time < times; time++) {
      const most = mishaps.strikes('status event late') ? 1_800_000 : 3_000;
      this.pending++;
      setTimeout(
        () => {
          this.pending--;
          const { runsSince, result: end } = execution;
          void this.reconcile(event).then((isDone) => {
            // Heard while it runs again by a redrive, it says nothing of that run's end.
            execution.isHeard ||= isDone && end !== undefined && runsSince === execution.runsSince;
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
