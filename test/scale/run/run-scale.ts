import { seededRandom } from '#local/simulators/randomness.ts';
import { deployedDefinition } from '#local/state-machine/definition/deployed-definition.ts';
import type { TransferEvent } from '#src/core/ports/events.ts';
import type { Settings } from '#src/core/settings.ts';
import { assumptions } from '../model/assumptions.ts';
import type { LoadContext } from '../model/load-context.ts';
import { createObjects } from '../model/objects.ts';
import { ModelService } from '../model/service.ts';
import { openTable } from '../model/table.ts';
import { newPeaks, newTally, type Peaks, type Tally } from '../model/units.ts';
import { VirtualClock } from '../model/virtual-clock.ts';
import { type EndedExecution, Executions } from './executions.ts';
import { Journal } from './journal.ts';
import { Rules } from './rules.ts';
import { Sandboxes } from './sandboxes.ts';

export interface ScaleLoad {
  readonly objects: number;
  readonly seed: number;
  /** `maxActiveTransfers`. Default: as deployed. */
  readonly slots?: number | undefined;
}

/** What one load cost and how long its objects waited. */
export interface ScaleReport {
  readonly load: ScaleLoad;
  readonly settings: Settings;
  readonly tally: Tally;
  readonly peaks: Peaks;
  readonly journal: Journal;
  /** Rows of the queue that are left at the end. */
  readonly left: { readonly tickets: number; readonly slots: number; readonly uploads: number };
  /** Objects whose bytes were complete, per second. */
  readonly throughput: number;
  readonly virtualSeconds: number;
  /** CPU time of this process. */
  readonly cpuSeconds: number;
  readonly peakRssMiB: number;
}

const startOfTime = Date.UTC(2026, 10, 21, 22);

/** A ready transfer's rows stay for as long as a late call of the dispatcher may read them, in ms. */
const keptMs = 60_000;

/** Moves a load of objects through the deployed state machine, in virtual time. */
export async function runScale(load: ScaleLoad): Promise<ScaleReport> {
  const run = new ScaleRun(load);
  const before = process.cpuUsage();
  await run.toEnd();
  const { user, system } = process.cpuUsage(before);
  return run.report((user + system) / 1e6);
}

class ScaleRun {
  readonly #load: ScaleLoad;
  readonly #context: LoadContext;
  readonly #journal: Journal;
  readonly #table;
  readonly #service: ModelService;
  readonly #executions: Executions;
  readonly #sandboxes: Sandboxes;
  readonly #rules: Rules;
  #peakRss = 0;

  constructor(load: ScaleLoad) {
    this.#load = load;
    this.#context = contextOf(load);
    const context = this.#context;
    this.#journal = new Journal(load.objects);
    const table = openTable(context);
    this.#table = { ...table, ...this.#journal.watch(table, context) };
    this.#service = new ModelService(context);
    const machine = deployedDefinition();
    const invoke = (arn: string, payload: unknown) => this.#sandboxes.invoke(arn, payload);
    this.#executions = new Executions(context, machine, invoke, (ended) => this.#ended(ended));
    this.#rules = new Rules(context, machine, this.#executions.arn, invoke);
    this.#sandboxes = new Sandboxes({
      ...{ context, machine, table: this.#table, service: this.#service, slots: load.slots },
      shared: {
        events: { publish: async (event) => this.#published(event) },
        executions: this.#executions,
        starter: this.#executions,
      },
    });
  }

  async toEnd(): Promise<void> {
    this.#arriveFrom(0);
    this.#rules.begin();
    this.#measureMemory();
    await this.#context.clock.passUntil(() => {
      const failure = this.#executions.failure ?? this.#rules.failure;
      if (failure) throw failure;
      const isDone = this.#journal.ready === this.#load.objects;
      return isDone && this.#executions.running === 0 && this.#rules.pending === 0;
    });
  }

  report(cpuSeconds: number): ScaleReport {
    const { clock, tally, peaks } = this.#context;
    const journal = this.#journal;
    const { memory } = this.#table;
    const [tickets, slots] = [memory.tickets().length, memory.held.size];
    const begin = journal.arrivedAt[0] ?? 0;
    return {
      ...{
        load: this.#load,
        settings: this.#sandboxes.settings,
        tally,
        peaks,
        journal,
        cpuSeconds,
      },
      left: { tickets, slots, uploads: this.#service.uploads },
      throughput: (this.#load.objects / (journal.lastRelease - begin)) * 1000,
      virtualSeconds: (clock.now() - begin) / 1000,
      peakRssMiB: this.#peakRss / 1024 ** 2,
    };
  }

  /** Starts the executions of new objects one by one: a timer for each, never all at once. */
  #arriveFrom(index: number): void {
    if (index === this.#load.objects) return;
    const { clock, objects } = this.#context;
    this.#journal.arrivedAt[index] = clock.now();
    this.#executions.arrive(objects.eventOf(index));
    clock.after(1000 / assumptions.arrivalsPerSecond, () => this.#arriveFrom(index + 1));
  }

  #ended({ output }: EndedExecution): void {
    this.#rules.executionEnded();
    const { status, position, key, transferId, assetId } = output as Record<string, unknown>;
    const index = this.#context.objects.indexOf(String(key));
    if (status === 'queued' && this.#journal.position[index] === 0)
      this.#journal.position[index] = Number(position);
    if (status !== 'ready') return;
    this.#journal.readyAt[index] = this.#context.clock.now();
    this.#journal.ready++;
    this.#forgetLater(String(transferId), String(assetId));
  }

  #forgetLater(transferId: string, assetId: string): void {
    this.#context.clock.after(keptMs, () => {
      this.#table.forget(transferId);
      this.#service.forget(assetId);
      this.#journal.forget(transferId);
    });
  }

  async #published({ type }: TransferEvent): Promise<void> {
    this.#context.tally.other.add('PutEvents');
    if (type === 'Transfer Ready') this.#journal.readyEvents++;
  }

  #measureMemory(): void {
    this.#peakRss = Math.max(this.#peakRss, process.memoryUsage.rss());
    this.#context.clock.after(60_000, () => this.#measureMemory());
  }
}

function contextOf({ seed }: ScaleLoad): LoadContext {
  return {
    clock: new VirtualClock(startOfTime),
    random: seededRandom(seed),
    objects: createObjects(seed),
    tally: newTally(),
    peaks: newPeaks(),
  };
}
