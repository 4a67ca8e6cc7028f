import Table from 'cli-table3';
import { dispatch } from '#src/admission/dispatch.ts';
import { releaseSlotOrTicket } from '#src/admission/slots.ts';
import { readSettings } from '#src/config/environment.ts';
import type { ExecutionStart } from '#src/core/ports/executions.ts';
import type { QueueStore } from '#src/core/queue/queue.ts';
import { createConcurrencyRegistry } from '#src/core/rates/adaptive-concurrency.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import type { Invocation } from '#src/step-support/step.ts';
import { openSession } from '#src/steps/open-session/open-session.ts';
import { ServiceSized } from '../doubles/destinations/service-sized.ts';
import { sdkCrc } from '../doubles/sdk-crc.ts';
import { ManualClock } from '../harness/clock.ts';

/** The cost of one phase: calls of the table, items read and calls of Step Functions. */
export interface Cost {
  tableCalls: number;
  itemsRead: number;
  stepFunctionsCalls: number;
}

/** The phases of a queued object. */
export const parts = ['join', 'dispatch', 'take'] as const;

export type Part = (typeof parts)[number];

export type Costs = Readonly<Record<Part, Cost>>;

/** The costs of one object in a queue of a length. */
export interface QueueCost {
  readonly queued: number;
  readonly costs: Costs;
}

const slots = 20;

const machineArn = 'arn:aws:states:eu-central-1:111111111111:stateMachine:Transfers';

/**
 * Fills the queue, then measures the cost of further objects: joining, dispatching and taking. It calls the
 * steps directly, without a state machine.
 */
export async function measureQueue(
  stores: { readonly store: TransferStore; readonly queue: QueueStore },
  queued: number,
  sample: number,
): Promise<QueueCost> {
  const load = new QueueLoad(stores);
  await load.join(slots + queued);
  const costs = load.startMeasuring();
  await load.join(sample);
  const taken = await load.drain(sample);
  const each = (part: Part): Cost => ({
    tableCalls: costs[part].tableCalls / sample,
    itemsRead: costs[part].itemsRead / sample,
    stepFunctionsCalls: costs[part].stepFunctionsCalls / sample,
  });
  if (taken !== sample) throw new Error(`${taken} of ${sample} transfers were taken`);
  return { queued, costs: { join: each('join'), dispatch: each('dispatch'), take: each('take') } };
}

class QueueLoad {
  readonly #clock = new ManualClock();
  readonly #starts: ExecutionStart[] = [];
  readonly #sending: string[] = [];
  readonly #ports;
  #costs = newCosts();
  #part: Part = 'join';
  #objects = 0;

  constructor({ store, queue }: { readonly store: TransferStore; readonly queue: QueueStore }) {
    const quiet = () => {};
    const service = new ServiceSized(this.#clock, { chunkSizeBytes: 1024, maxBytes: 1024 ** 2 });
    const counted = <T>(answer: T): T => {
      this.#costs[this.#part].stepFunctionsCalls++;
      return answer;
    };
    this.#ports = {
      clock: this.#clock,
      random: Math.random,
      log: { info: quiet, warn: quiet, error: quiet },
      meter: { add: quiet },
      settings: { ...readSettings({}), maxActiveTransfers: slots },
      store: this.#counted(store),
      queue: this.#counted(queue),
      destination: service.destination,
      events: { publish: async () => {} },
      executions: {
        statusOf: async () => counted('ended' as const),
        endOf: async () => counted({ status: 'succeeded' as const }),
      },
      starter: {
        start: async (start: ExecutionStart) => {
          this.#starts.push(start);
          return counted('started' as const);
        },
      },
      newCrc: sdkCrc,
      concurrency: createConcurrencyRegistry(this.#clock, 64),
    };
  }

  startMeasuring(): Costs {
    this.#costs = newCosts();
    return this.#costs;
  }

  /** The first objects take the slots. All others are queued. */
  async join(count: number): Promise<void> {
    this.#part = 'join';
    for (let i = 0; i < count; i++) {
      const key = `film ${++this.#objects}.mp4`;
      const source = { bucket: 'films', key, etag: `etag ${key}`, sizeBytes: 4096 };
      const state = { objectId: key, source, options: {}, start: 'event' };
      this.#opened(await openSession(this.#ports, state, this.#call(`arrival ${key}`)));
    }
  }

  /** Releases slots one by one and lets the dispatcher fill them. Returns the number of taken transfers. */
  async drain(count: number): Promise<number> {
    let taken = 0;
    for (let i = 0; i < count; i++) {
      this.#part = 'take';
      await this.#finish(this.#sending.shift() ?? '');
      this.#part = 'dispatch';
      await dispatch(this.#ports, machineArn, this.#call('dispatcher'));
      this.#part = 'take';
      for (const { name, input } of this.#starts.splice(0)) {
        this.#opened(await openSession(this.#ports, input, this.#call(name)));
        taken++;
      }
    }
    return taken;
  }

  async #finish(transferId: string): Promise<void> {
    const { store } = this.#ports;
    const row = await store.transfer(transferId);
    if (!row) throw new Error('no transfer sends');
    await releaseSlotOrTicket(this.#ports, row);
    const ready = { state: 'ready', slot: undefined } as const;
    await store.patchTransfer(transferId, row.fence, ready, this.#clock.now());
  }

  #opened(opened: Awaited<ReturnType<typeof openSession>>): void {
    if ('transferId' in opened) this.#sending.push(opened.transferId);
  }

  #call(executionId: string): Invocation {
    const now = this.#clock.now();
    return {
      ...{ executionId, executionStartedAt: now, invocationId: executionId, lengthMs: 60_000 },
      ...{ deadline: now + 60_000, signal: new AbortController().signal },
    };
  }

  #counted<S extends object>(store: S): S {
    const methods = Object.entries(store).map(([name, method]) => [
      name,
      async (...args: unknown[]) => {
        const answer = await method(...args);
        const cost = this.#costs[this.#part];
        cost.tableCalls++;
        cost.itemsRead += Array.isArray(answer) ? answer.length : Number(isItem(answer));
        return answer;
      },
    ]);
    return Object.fromEntries(methods) as S;
  }
}

function isItem(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null;
}

function newCosts(): Costs {
  const none = (): Cost => ({ tableCalls: 0, itemsRead: 0, stepFunctionsCalls: 0 });
  return { join: none(), dispatch: none(), take: none() };
}

/** Prints one line for each length of the queue. The numbers are per object. */
export function costTable(found: readonly QueueCost[]): string {
  const of = parts.flatMap((part) => [`${part}: table`, 'items', 'SFN']);
  const table = new Table({ head: ['queued', ...of], style: { head: [], border: [] } });
  for (const { queued, costs } of found) {
    const numbers = parts.flatMap((part) => {
      const { tableCalls, itemsRead, stepFunctionsCalls } = costs[part];
      return [tableCalls, itemsRead, stepFunctionsCalls].map((number) => number.toFixed(2));
    });
    table.push([queued.toLocaleString('en-US'), ...numbers]);
  }
  return table.toString();
}
