import { TransferError } from '#src/core/errors/errors.ts';
import type { ExecutionDirectory, ExecutionEnd } from '#src/core/ports/executions.ts';
import type { ListedSession } from '#src/core/transfer/destination.ts';
import type { TransferRecord } from '#src/core/transfer/transfer.ts';
import { type Reconciled, reconcile } from '#src/reconciler/reconcile.ts';
import type { ReconcilerPorts } from '#src/reconciler/reconciler-ports.ts';
import { film, type putFilm } from '../conformance/bench.ts';
import { invocationOf } from '../conformance/walk.ts';
import { type Planned, StepHarness } from '../harness/step-harness.ts';
import { canarySearch, textOf } from '../security/canary-search.ts';

/** The execution that a harness's steps belong to. */
export const executionId = 'execution-a';

/** What is told of executions: as scripted, `unknown` where nothing is. */
export class TestEnds implements Pick<ExecutionDirectory, 'endOf'> {
  readonly ends = new Map<string, ExecutionEnd>();
  readonly asked: string[] = [];

  async endOf(id: string): Promise<ExecutionEnd> {
    this.asked.push(id);
    return this.ends.get(id) ?? { status: 'unknown' };
  }
}

/** A harness with the reconciler beside it. */
export interface SettleStage {
  readonly harness: StepHarness;
  readonly ends: TestEnds;
  /** What the service lists as unfinished. */
  readonly listed: ListedSession[];
  ports: ReconcilerPorts;
  /** Reconciles with an event; `{}` sweeps. */
  reconcile(event?: object, lengthMs?: number): Promise<Reconciled>;
}

export async function openSettleStage(): Promise<SettleStage> {
  const harness = await StepHarness.set();
  const ends = new TestEnds();
  const listed: ListedSession[] = [];
  const listUnfinished = async () => ({ sessions: listed, truncated: false });
  const destination = { ...harness.ports.destination, listUnfinished };
  const settle: SettleStage = {
    harness,
    ends,
    listed,
    ports: { ...harness.ports, destination, executions: ends },
    async reconcile(event = {}, lengthMs = 115_000) {
      const invocation = invocationOf(harness.bench, { lengthMs });
      const told = await reconcile(settle.ports, event, invocation).finally(invocation.close);
      canarySearch.searchText('outcomes', textOf(told));
      return told;
    },
  };
  return settle;
}

/** A harness on which `execution-a` has opened a session for the film and holds a turn. */
export async function openSending(
  chunks = 3,
  traits?: Parameters<typeof putFilm>[2],
): Promise<SettleStage & { readonly opened: Planned; row(): Promise<TransferRecord> }> {
  const settle = await openSettleStage();
  const opened = await settle.harness.opened(chunks, traits);
  return Object.assign(settle, { opened, row: () => settle.harness.row(opened) });
}

/** Step Functions' event, as EventBridge delivers it. */
export function statusChange(status: string, more: object = {}, executionArn = executionId) {
  const detail = { executionArn, status, input: JSON.stringify(film), output: null, ...more };
  return { source: 'aws.states', 'detail-type': 'Step Functions Execution Status Change', detail };
}

/** A death at one call: before it had its effect, or after. */
export type Death = { readonly call: number; readonly when: 'before' | 'after' };

/**
 * Tries a story with a death at every call it makes of the world outside, before and after its
 * effect, each on a harness of its own.
 * @param story - is given ports that die there; to be told as if they might
 * @returns how many calls the story makes
 */
export async function dieEverywhere(
  story: (die: (ports: ReconcilerPorts) => ReconcilerPorts) => Promise<void>,
): Promise<number> {
  for (let call = 1; ; call++) {
    let isReached = false;
    for (const when of ['before', 'after'] as const) {
      let isDead = () => false;
      await story((ports) => {
        const dying = mortal(ports, { call, when });
        isDead = dying.isDead;
        return dying.ports;
      });
      isReached = isDead();
    }
    if (!isReached) return call - 1;
  }
}

/** The same ports, dying at the n-th call of the world outside, counted over all of them. */
function mortal(ports: ReconcilerPorts, { call, when }: Death) {
  let calls = 0;
  const wrap = <T extends object>(part: T): T =>
    new Proxy(part, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function' || `${String(name)}`.startsWith('list')) return member;
        return async (...given: unknown[]) => {
          const isLast = ++calls === call;
          if (isLast && when === 'before') throw dead();
          const result: unknown = await member.apply(target, given);
          if (isLast) throw dead();
          return result;
        };
      },
    });
  const { store, queue, events, executions } = ports;
  const all = {
    store: wrap(store),
    queue: wrap(queue),
    events: wrap(events),
    executions: wrap(executions),
  };
  return { ports: { ...ports, ...all }, isDead: () => calls >= call };
}

function dead(): TransferError {
  return new TransferError('TableUnavailableError', 'the sandbox died');
}
