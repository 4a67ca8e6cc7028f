import type { Clock, Random } from '#src/core/ports/clock.ts';
import type { Ports } from '#src/step-support/step.ts';
import { systemClock, systemRandom } from '#src/system/system-clock.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A value that a container builds on first use and keeps. Each part lies in a module of its own, so
 * a function's bundle holds only the clients that its step uses.
 */
export interface Part<T> {
  /** The port that this part provides. An override of that port replaces the part. */
  readonly port?: keyof Ports;
  /** True if `reset` keeps the value: sockets, the logger and the meter. */
  readonly survivesReset?: boolean;
  build(container: Container): T;
  /** Releases what keeps a local process from ending. */
  close?(value: T): Promise<void>;
}

/** A part that provides a port. */
export interface PortPart<K extends keyof Ports> extends Part<Ports[K]> {
  readonly port: K;
}

/**
 * Builds the ports of a sandbox from its environment. Lambda passes no overrides. Local runs and
 * tests replace single ports.
 */
export interface Container {
  readonly env: Environment;
  /** The name of this deployment in logs, metrics and traces; the stack sets it by Powertools' key. */
  readonly serviceName: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Returns the override of the part's port, or the part, which is built once. */
  get<T>(part: Part<T>): T;
  /** Returns the override of a port. */
  override<K extends keyof Ports>(port: K): Ports[K] | undefined;
  /** Drops the built parts: the next use builds them from the secret and the environment of now. */
  reset(): void;
  /** Closes idle sockets, so a local process can end. The next use opens new ones. */
  close(): Promise<void>;
}

/** Creates a container; it builds nothing yet. */
export function createContainer(env: Environment, overrides: Partial<Ports> = {}): Container {
  const built = new Map<Part<unknown>, unknown>();
  const container: Container = {
    env,
    serviceName: env.POWERTOOLS_SERVICE_NAME || 'chunkferry',
    clock: overrides.clock ?? systemClock,
    random: overrides.random ?? systemRandom,
    get<T>(part: Part<T>): T {
      const override = part.port && overrides[part.port];
      if (override !== undefined) return override as T;
      if (!built.has(part)) built.set(part, part.build(container));
      return built.get(part) as T;
    },
    override: (port) => overrides[port],
    reset() {
      for (const part of built.keys()) if (!part.survivesReset) built.delete(part);
    },
    async close() {
      const parts = [...built];
      built.clear();
      await Promise.all(parts.map(([part, value]) => part.close?.(value)));
    },
  };
  return container;
}
