import { systemClock } from '#src/config/system-clock.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { Ports } from '#src/transfer/step.ts';
import type { Chance } from './chance.ts';
import type { FaultClass, Mishaps } from './fault-classes.ts';
import type { Trace } from './trace.ts';

/** What a sandbox needs of the world around it. */
export interface Surroundings {
  readonly trace: Trace;
  readonly chance: Chance;
  readonly mishaps: Mishaps;
  /** Where the dispatcher's draws come from; the common source where left out. */
  readonly queueChance?: Chance;
  /** Probability that a call takes any time at all. */
  readonly latency: number;
  /** Ends an execution as if its process had died, with all that works for it. */
  killRun(executionId: string): void;
  /** Stops an execution, as a person does; its functions go on. */
  abortRun(executionId: string): void;
  /** Which deployment an execution began with; the newest where undefined or left out. */
  versionOf?(executionId: string): number | undefined;
  /** Is told of a call that ended well after replies to its reports had called uploads complete. */
  confirmed(uploadIds: readonly string[]): void;
}

/** The name of the reconciler's function, which belongs to no execution. */
export const reconciler = 'Reconcile';

/** The name of the dispatcher's function, which belongs to no execution either. */
export const dispatcher = 'Dispatch';

/** What kills the process of a function that belongs to no execution. */
const ownDeaths: Readonly<Record<string, FaultClass>> = {
  [reconciler]: 'reconciler killed',
  [dispatcher]: 'dispatcher killed',
};

const never = <T>(): Promise<T> => new Promise(() => {});

/**
 * One process of a function: it serves one call at a time, keeps its memory from call to call, and
 * may die at any call of a port. Whatever a dead one still tries reaches nothing.
 */
export class Sandbox {
  readonly functionName: string;
  /** The deployment whose code and settings it has, from 0. */
  readonly version: number;
  readonly name: string;
  readonly clock: Clock;
  ports: Partial<Ports> = {};
  executionId = '';
  /** When its latest call began, in ms. */
  beganAt = 0;
  /** When its time is up, in ms. */
  deadline = 0;
  /** Uploads that replies to this call's reports have called complete. */
  completions: string[] = [];
  isAlive = true;
  isZombie = false;
  readonly #around: Surroundings;
  readonly #deathbed = new Set<() => void>();
  #skewMs = 0;
  #answer: ((error: Error) => void) | undefined;

  constructor(functionName: string, number: number, around: Surroundings, version = 0) {
    this.functionName = functionName;
    this.version = version;
    this.name = `${functionName}.${number}`;
    this.#around = around;
    this.clock = this.#makeClock();
  }

  /** Begins a call: whose it is, and how wrong this machine's clock is by now. */
  begin(executionId: string): void {
    const { mishaps, chance } = this.#around;
    this.executionId = executionId;
    this.beganAt = Date.now();
    this.completions = [];
    this.#skewMs = mishaps.strikes('clock skew') ? chance.between(-2_000, 2_000) : 0;
  }

  /** The call's answer: the handler's, unless the process dies or is taken for dead before it. */
  serve<T>(work: Promise<T>, leftMs: number): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#answer = reject;
    this.deadline = Date.now() + leftMs;
    // It may have died at its very first call, before there was anybody to tell.
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

  /** Calls a port, with whatever may befall the process around it. */
  async call<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (!this.isAlive) return never();
    const { trace, chance, latency, mishaps } = this.#around;
    trace.note(this.name, what);
    this.#befall('before');
    if (this.isAlive && chance.hits(latency)) await systemClock.sleep(chance.between(1, 60));
    if (!this.isAlive) return never();
    if (!this.#ownDeath && mishaps.strikes('lambda timed out')) return never();
    const result = await work().catch((error: unknown) => {
      if (!this.isAlive) return never<T>();
      throw error;
    });
    if (this.isAlive) this.#befall('after');
    return this.isAlive ? result : never();
  }

  /** Runs a task when the process dies. */
  onDeath(task: () => void): () => void {
    this.#deathbed.add(task);
    return () => this.#deathbed.delete(task);
  }

  die(errorType: string): void {
    if (!this.isAlive) return;
    this.#around.trace.note(this.name, `dies: ${errorType}`);
    this.isAlive = false;
    this.#answer?.(crash(errorType));
    for (const task of this.#deathbed) task();
  }

  #befall(when: 'before' | 'after'): void {
    const { mishaps } = this.#around;
    if (this.#ownDeath) {
      if (mishaps.strikes(this.#ownDeath)) this.die('Runtime.ExitError');
      return;
    }
    // What a call that has ended still had under way belongs to no execution any more.
    if (this.executionId === '') return;
    if (mishaps.strikes(`lambda killed ${when} a call`)) this.die('Runtime.ExitError');
    if (mishaps.strikes(`run killed ${when} a call`)) this.#around.killRun(this.executionId);
    if (mishaps.strikes('execution aborted')) this.#around.abortRun(this.executionId);
    if (this.isAlive && mishaps.strikes('zombie sender')) this.#becomeZombie();
  }

  #becomeZombie(): void {
    this.isZombie = true;
    this.#answer?.(crash('Lambda.Unknown'));
  }

  get #ownDeath(): FaultClass | undefined {
    return ownDeaths[this.functionName];
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
