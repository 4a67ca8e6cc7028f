import type { LocalStateMachine } from '#local/state-machine/definition/definition.ts';
import { stateMachineArn } from '#local/state-machine/definition/definition.ts';
import type { LambdaHandler } from '#local/state-machine/lambda/lambda-runtime.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { dispatchSeconds } from '#src/core/limits/limits.ts';
import type { ExecutionStarter } from '#src/core/ports/executions.ts';
import { executionArnOf } from '#src/core/queue/execution-arn.ts';
import { callFunction } from '../../harness/machine.ts';
import type { Faults } from '../faults/fault-classes.ts';
import type { Chance } from '../harness/chance.ts';
import { dispatcher } from '../harness/sandbox.ts';
import type { Trace } from '../trace.ts';
import type { Execution, Executions } from './executions.ts';

/** Dependencies of `Dispatcher`. */
export interface DispatcherPorts {
  readonly machine: LocalStateMachine;
  readonly handlers: Readonly<Record<string, LambdaHandler>>;
  readonly trace: Trace;
  /** Its own source of draws. */
  readonly chance: Chance;
  readonly faults: Faults;
  executions(): Executions;
  /** Whether the queue has no ticket. */
  isQueueEmpty(): boolean;
}

/** The maximum delay of a status event, in ms. */
const latestMs = 1_800_000;

/** The dispatcher, called by EventBridge, its schedule and operators. Lambda repeats no call. */
export class Dispatcher {
  readonly stateMachineArn: string;
  readonly starter: ExecutionStarter;
  readonly #ports: DispatcherPorts;
  #calls = 0;

  constructor(ports: DispatcherPorts) {
    this.#ports = ports;
    this.stateMachineArn = stateMachineArn(ports.machine);
    this.starter = this.#makeStarter();
  }

  /** Delivers the status event of an ended execution. It may be lost, late or duplicated. */
  onExecutionEnded({ hasNoStatusEvent }: Execution): void {
    const { faults, chance } = this.#ports;
    if (hasNoStatusEvent || faults.strikes('status event lost')) return;
    const times = faults.strikes('status event duplicated') ? 2 : 1;
    for (let time = 0; time < times; time++) {
      const most = faults.strikes('status event late') ? latestMs : 3_000;
      setTimeout(() => void this.dispatch(), chance.between(100, most));
    }
  }

  /** Calls the dispatcher each minute while a ticket waits. */
  openSchedule(): { stop(): void } {
    const timer = setInterval(() => {
      if (!this.#ports.isQueueEmpty()) void this.dispatch({ schedule: true });
    }, dispatchSeconds * 1000);
    return { stop: () => clearInterval(timer) };
  }

  /** Calls the dispatcher to start queued transfers. The call may fail. */
  async dispatch(fields: object = {}): Promise<void> {
    const { stateMachineArn } = this;
    await this.call({ stateMachineArn, ...fields }).catch((error: Error) =>
      this.#ports.trace.record(dispatcher, `failed: ${error.name} ${error.message}`),
    );
  }

  /** Calls the function as Lambda does. */
  async call(event: object): Promise<unknown> {
    const { machine, handlers, executions } = this.#ports;
    const requestId = `dispatch-${++this.#calls}`;
    executions().pending++;
    try {
      return await callFunction(machine, handlers, dispatcher, event, requestId);
    } finally {
      executions().pending--;
    }
  }

  /** Starts executions by name as Step Functions does: the name of an ended execution is rejected. */
  #makeStarter(): ExecutionStarter {
    const { faults, executions } = this.#ports;
    const fail = (name: string, why: string) => {
      throw new TransferError('ExecutionNotStartedError', `execution ${name}: ${why}`);
    };
    return {
      start: async ({ stateMachineArn: arn, name, input }) => {
        if (faults.strikes('start throttled')) fail(name, 'ThrottlingException');
        const known = executions().all.get(executionArnOf(arn, name));
        if (known?.result || (known && !isSame(known.input, input))) return 'exists';
        if (!known) executions().start(input, name);
        if (faults.strikes('start reply lost')) fail(name, 'no reply arrived');
        return 'started';
      },
    };
  }
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
