import type { LocalStateMachine } from '#local/state-machine/definition/definition.ts';
import { stateMachineArn } from '#local/state-machine/definition/definition.ts';
import type {
  ExecutionDirectory,
  ExecutionEnd,
  ExecutionStart,
  ExecutionStarter,
} from '#src/core/ports/executions.ts';
import { executionArnOf } from '#src/core/queue/execution-arn.ts';
import { compileMachine, type Host, type RunMachine } from '../machine/machine.ts';
import { assumptions } from '../model/assumptions.ts';
import { type LoadContext, passTime } from '../model/load-context.ts';

/** An execution that ended. */
export interface EndedExecution {
  readonly arn: string;
  readonly input: unknown;
  readonly output: unknown;
}

/** An ended execution's name stays known for this long: no call that could start it again lasts longer. */
const knownMs = 600_000;

/** Step Functions: runs executions, and knows the running ones and those that ended lately. */
export class Executions implements ExecutionDirectory, ExecutionStarter {
  readonly arn: string;
  readonly #context: LoadContext;
  readonly #run: RunMachine;
  readonly #invoke: Host['invoke'];
  readonly #ended: (execution: EndedExecution) => void;
  readonly #status = new Map<string, 'running' | 'succeeded'>();
  #running = 0;
  #names = 0;
  #startsOf = { second: 0, count: 0 };
  /** The error that stops the run: without faults, no execution fails. */
  failure: unknown;

  constructor(
    context: LoadContext,
    machine: LocalStateMachine,
    invoke: Host['invoke'],
    ended: (execution: EndedExecution) => void,
  ) {
    this.arn = stateMachineArn(machine);
    this.#context = context;
    this.#run = compileMachine(machine);
    this.#invoke = invoke;
    this.#ended = ended;
  }

  get running(): number {
    return this.#running;
  }

  /** Starts an execution for an event, as a rule of EventBridge does. */
  arrive(event: object): void {
    this.#begin(`event-${++this.#names}`, event);
  }

  async start({ name, input }: ExecutionStart): Promise<'started' | 'exists'> {
    this.#countStart();
    await passTime(this.#context, assumptions.startMs);
    const status = this.#status.get(executionArnOf(this.arn, name));
    if (status === undefined) this.#begin(name, input);
    return status === 'succeeded' ? 'exists' : 'started';
  }

  async statusOf(executionId: string): Promise<'running' | 'ended' | 'unknown'> {
    const { status } = await this.endOf(executionId);
    return status === 'running' || status === 'unknown' ? status : 'ended';
  }

  async endOf(executionId: string): Promise<ExecutionEnd> {
    this.#context.tally.other.add('DescribeExecution');
    return { status: this.#status.get(executionId) ?? 'unknown' };
  }

  #countStart(): void {
    const { clock, tally, peaks } = this.#context;
    tally.other.add('StartExecution');
    const second = Math.floor(clock.now() / 1000);
    if (second !== this.#startsOf.second) this.#startsOf = { second, count: 0 };
    peaks.startsPerSecond.set(++this.#startsOf.count);
  }

  #begin(name: string, input: object): void {
    const arn = executionArnOf(this.arn, name);
    this.#status.set(arn, 'running');
    this.#running++;
    this.#runToEnd(arn, name, input).catch((error: unknown) => {
      this.failure ??= error;
    });
  }

  async #runToEnd(arn: string, name: string, input: object): Promise<void> {
    const { clock, peaks } = this.#context;
    const startTime = new Date(clock.now()).toISOString();
    const Execution = { Id: arn, Name: name, StartTime: startTime, Input: input };
    const context = { Execution, StateMachine: { Id: this.arn } };
    let transitions = 0;
    const host = this.#hostOf(() => transitions++);
    const output = await this.#run(context, input, host);
    peaks.transitionsOfOneExecution.set(transitions);
    this.#status.set(arn, 'succeeded');
    this.#running--;
    clock.after(knownMs, () => this.#status.delete(arn));
    this.#ended({ arn, input, output });
  }

  #hostOf(count: () => void): Host {
    const { clock, tally, peaks } = this.#context;
    return {
      entered: (state) => {
        tally.transitions.add(state);
        count();
      },
      invoke: this.#invoke,
      sleep: (milliseconds) => clock.sleep(milliseconds),
      iterating: (map, running, allowed) => {
        peaks.rangesOfOneMap.set(running);
        if (running > allowed) throw new Error(`${map} runs ${running} of ${allowed} iterations`);
      },
    };
  }
}
