import type { LambdaHandler } from '#local/state-machine/lambda/lambda-runtime.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import { systemClock } from '#src/system/system-clock.ts';
import type { FaultClass, Faults } from '../faults/fault-classes.ts';
import type { Trace } from '../trace.ts';
import type { Chance } from './chance.ts';

/** Dependencies of a sandbox. */
export interface SandboxEnvironment {
  readonly trace: Trace;
  readonly chance: Chance;
  readonly faults: Faults;
  /** The source of the dispatcher's draws. Default: the common source. */
  readonly queueChance?: Chance;
  /** Probability that a port call takes time. */
  readonly latency: number;
  /** Kills an execution with all its processes. */
  killRun(executionId: string): void;
  /** Stops an execution as an operator does; its functions continue. */
  abortRun(executionId: string): void;
  /** Returns the deployment of an execution. Default: the newest. */
  versionOf?(executionId: string): number | undefined;
  /** Called when a call succeeded after replies reported these uploads as complete. */
  confirmed(uploadIds: readonly string[]): void;
}

/** The function name of the reconciler. Its calls belong to no execution. */
export const reconciler = 'Reconcile';

/** The function name of the dispatcher. Its calls belong to no execution. */
export const dispatcher = 'Dispatch';

/** The fault class that kills a process without an execution. */
const ownFaults: Readonly<Record<string, FaultClass>> = {
  [reconciler]: 'reconciler killed',
  [dispatcher]: 'dispatcher killed',
};

const never = <T>(): Promise<T> => new Promise(() => {});

/**
 * One process of a function. It serves one call at a time, keeps its memory between calls, and may die
 * at any port call. Port calls of a dead process have no effect.
 */
export class Sandbox {
  readonly functionName: string;
  /** The number of its deployment, from 0. */
  readonly version: number;
  readonly name: string;
  readonly clock: Clock;
  /** The function's handler over the ports of this process. */
  handler: LambdaHandler = () => {
    throw new Error('the sandbox has no handler');
  };
  executionId = '';
  /** Start of its latest call, in ms since 1970. */
  beganAt = 0;
  /** Deadline of its latest call, in ms since 1970. */
  deadline = 0;
  /** Uploads that replies to this call's reports declared complete. */
  completions: string[] = [];
  isAlive = true;
  isZombie = false;
  readonly #environment: SandboxEnvironment;
  readonly #cleanups = new Set<() => void>();
  #skewMs = 0;
  #answer: ((error: Error) => void) | undefined;

  constructor(functionName: string, number: number, environment: SandboxEnvironment, version = 0) {
    this.functionName = functionName;
    this.version = version;
    this.name = `${functionName}.${number}`;
    this.#environment = environment;
    this.clock = this.#makeClock();
  }

  /** Begins a call for an execution and draws the skew of the process clock. */
  begin(executionId: string): void {
    const { faults, chance } = this.#environment;
    this.executionId = executionId;
    this.beganAt = Date.now();
    this.completions = [];
    this.#skewMs = faults.strikes('clock skew') ? chance.between(-2_000, 2_000) : 0;
  }

  /** Returns the handler's result, or an error if the process dies or counts as dead first. */
  serve<T>(work: Promise<T>, leftMs: number): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#answer = reject;
    this.deadline = Date.now() + leftMs;
    // The process may have died at its first port call, before this promise existed.
    if (!this.isAlive) reject(crash('Runtime.ExitError'));
    if (this.isZombie) reject(crash('Lambda.Unknown'));
    const timer = setTimeout(() => this.die('Sandbox.Timedout'), leftMs + 1);
    const end = () => {
      clearTimeout(timer);
      if (this.isZombie) this.isAlive = false;
    };
    work.then(resolve, reject).finally(end);
    return promise;
  }

  /** Calls a port and applies the faults of the process before and after. */
  async call<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (!this.isAlive) return never();
    const { trace, chance, latency, faults } = this.#environment;
    trace.record(this.name, what);
    this.#applyFaults('before');
    if (this.isAlive && chance.hits(latency)) await systemClock.sleep(chance.between(1, 60));
    if (!this.isAlive) return never();
    if (!this.#ownFault && faults.strikes('lambda timed out')) return never();
    const result = await work().catch((error: unknown) => {
      if (!this.isAlive) return never<T>();
      throw error;
    });
    if (this.isAlive) this.#applyFaults('after');
    return this.isAlive ? result : never();
  }

  /** Registers a task that runs when the process dies. */
  onDeath(task: () => void): () => void {
    this.#cleanups.add(task);
    return () => this.#cleanups.delete(task);
  }

  die(errorType: string): void {
    if (!this.isAlive) return;
    this.#environment.trace.record(this.name, `dies: ${errorType}`);
    this.isAlive = false;
    this.#answer?.(crash(errorType));
    for (const task of this.#cleanups) task();
  }

  #applyFaults(when: 'before' | 'after'): void {
    const { faults } = this.#environment;
    if (this.#ownFault) {
      if (faults.strikes(this.#ownFault)) this.die('Runtime.ExitError');
      return;
    }
    // Work that outlives its call belongs to no execution.
    if (this.executionId === '') return;
    if (faults.strikes(`lambda killed ${when} a call`)) this.die('Runtime.ExitError');
    if (faults.strikes(`run killed ${when} a call`)) this.#environment.killRun(this.executionId);
    if (faults.strikes('execution aborted')) this.#environment.abortRun(this.executionId);
    if (this.isAlive && faults.strikes('zombie sender')) this.#becomeZombie();
  }

  #becomeZombie(): void {
    this.isZombie = true;
    this.#answer?.(crash('Lambda.Unknown'));
  }

  get #ownFault(): FaultClass | undefined {
    return ownFaults[this.functionName];
  }

  #makeClock(): Clock {
    return {
      now: () => Date.now() + this.#skewMs,
      sleep: async (ms, signal) => {
        await systemClock.sleep(ms, signal);
        if (!this.isAlive) await never();
      },
      after: (ms, task) => systemClock.after(ms, () => void (this.isAlive && task())),
    };
  }
}

function crash(errorType: string): Error {
  return Object.assign(new Error('the process ended without an answer'), { name: errorType });
}
