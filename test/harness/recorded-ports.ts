import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { TransferEvent } from '#src/core/ports/events.ts';
import type {
  ExecutionDirectory,
  ExecutionEnd,
  ExecutionStart,
  ExecutionStarter,
} from '#src/core/ports/executions.ts';
import type { Meter, MetricName } from '#src/core/shared-with-infra/metrics.ts';
import { canarySearch, textOf } from '../security/canaries/search.ts';

/** An event bus that records its events. */
export class TestEvents {
  readonly all: TransferEvent[] = [];
  /** The number of further publish calls that fail. */
  failures = 0;

  async publish(event: TransferEvent): Promise<void> {
    if (this.failures-- > 0)
      throw new TransferError('EventNotPublishedError', 'the bus rejected the event');
    this.failures = 0;
    canarySearch.searchText('events', textOf(event));
    this.all.push(event);
  }

  /** The events of outcomes. */
  get outcomes(): TransferEvent[] {
    return this.all.filter(({ type }) => type !== 'Transfer Started');
  }
}

/** A meter that records its measurements. */
export class TestMeter implements Meter {
  readonly taken: { readonly metric: MetricName; readonly value: number; readonly by?: string }[] =
    [];

  add(metric: MetricName, value: number, by?: string): void {
    this.taken.push({ metric, value, ...(by !== undefined && { by }) });
  }

  /** Returns the sum of a metric, or of one value of its dimension. */
  sum(metric: MetricName, by?: string): number {
    return this.taken
      .filter((one) => one.metric === metric && (by === undefined || one.by === by))
      .reduce((sum, { value }) => sum + value, 0);
  }
}

/** A directory with scripted states. An execution without a state is `unknown`. */
export class TestExecutions implements ExecutionDirectory {
  readonly states = new Map<string, 'running' | 'ended' | 'unknown'>();
  /** The number of status calls. */
  statusCalls = 0;

  async statusOf(executionId: string): Promise<'running' | 'ended' | 'unknown'> {
    this.statusCalls++;
    return this.states.get(executionId) ?? 'unknown';
  }

  async endOf(executionId: string): Promise<ExecutionEnd> {
    const status = this.states.get(executionId) ?? 'unknown';
    return { status: status === 'ended' ? 'aborted' : status };
  }
}

/** Records the started executions, and handles their names as Step Functions does. */
export class TestStarter implements ExecutionStarter {
  readonly starts: ExecutionStart[] = [];
  /** The names of ended executions. */
  readonly ended = new Set<string>();

  async start(start: ExecutionStart): Promise<'started' | 'exists'> {
    if (this.ended.has(start.name)) return 'exists';
    this.starts.push(start);
    return 'started';
  }
}
