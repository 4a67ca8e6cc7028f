import type { Clock, Random } from '#src/core/ports/clock.ts';
import type { EventPublisher } from '#src/core/ports/events.ts';
import type { ExecutionDirectory, ExecutionStarter } from '#src/core/ports/executions.ts';
import type { Log } from '#src/core/ports/log.ts';
import type { QueueStore } from '#src/core/queue/queue.ts';
import type { AdaptiveConcurrency } from '#src/core/rates/adaptive-concurrency.ts';
import type { Settings } from '#src/core/settings.ts';
import type { Meter } from '#src/core/shared-with-infra/metrics.ts';
import type { CrcFactory, SourceReader } from '#src/core/source/source-reader.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import type { OptionRules } from '#src/core/transfer/transfer-options.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';

/** The ports of every step. */
export interface CommonPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly meter: Meter;
}

/** All ports. Each step names the ports that it needs. */
export interface Ports extends CommonPorts {
  readonly settings: Settings;
  readonly source: SourceReader;
  readonly store: TransferStore;
  readonly queue: QueueStore;
  readonly destination: Destination;
  /** How the destination's own options are read from the input of a start. */
  readonly optionRules: OptionRules;
  readonly events: EventPublisher;
  readonly executions: ExecutionDirectory;
  readonly starter: ExecutionStarter;
  readonly newCrc: CrcFactory;
  /** Controls how many chunks of one transfer this process has in flight. */
  readonly concurrency: (transferId: string) => AdaptiveConcurrency;
}

/** The common ports and the named ones. */
export type Needs<K extends keyof Ports = never> = CommonPorts & Pick<Ports, K>;

/** One call of a step: its execution, its invocation and its deadline. */
export interface Invocation {
  readonly executionId: string;
  /** The input of the execution, if the state machine passes it on. */
  readonly executionInput?: unknown;
  /** When the execution started, in milliseconds since 1970. */
  readonly executionStartedAt: number;
  /** Unique to this call, also among calls of one execution. */
  readonly invocationId: string;
  /** Time by which all work must end, in milliseconds since 1970. */
  readonly deadline: number;
  /** Total time of the call, in milliseconds. */
  readonly lengthMs: number;
  /** Aborted at the deadline. */
  readonly signal: AbortSignal;
}

/** A step of the state machine: receives a state and returns the next one. */
export type Step<K extends keyof Ports = never> = (
  ports: Needs<K>,
  state: unknown,
  invocation: Invocation,
) => Promise<unknown>;
