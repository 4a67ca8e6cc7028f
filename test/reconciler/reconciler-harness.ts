import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { ExecutionDirectory, ExecutionEnd } from '#src/core/ports/executions.ts';
import type { ListedSession } from '#src/core/transfer/destination.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { type ReconcileResult, reconcile } from '#src/reconciler/reconcile.ts';
import type { ReconcilerPorts } from '#src/reconciler/reconciler-ports.ts';
import { invocationOf } from '../harness/invocation.ts';
import { statusEvent } from '../harness/machine.ts';
import { film, type putFilm } from '../harness/port-harness.ts';
import { type Planned, StepHarness } from '../harness/step-harness.ts';
import { type Around, wrapPort } from '../harness/wrap-port.ts';
import { canarySearch, textOf } from '../security/canaries/search.ts';

/** The execution of a harness's steps. */
export const executionId = 'execution-a';

/** Executions with scripted ends. An execution without a script is `unknown`. */
export class ScriptedExecutions implements Pick<ExecutionDirectory, 'endOf'> {
  readonly ends = new Map<string, ExecutionEnd>();
  /** The ids of all calls, in order. */
  readonly calls: string[] = [];

  async endOf(id: string): Promise<ExecutionEnd> {
    this.calls.push(id);
    return this.ends.get(id) ?? { status: 'unknown' };
  }
}

/** A step harness with a reconciler. */
export interface ReconcilerHarness {
  readonly harness: StepHarness;
  readonly executions: ScriptedExecutions;
  /** The service's list of unfinished sessions. */
  readonly listed: ListedSession[];
  ports: ReconcilerPorts;
  /** Reconciles an event. Default: a sweep. */
  reconcile(event?: object, lengthMs?: number): Promise<ReconcileResult>;
}

export async function openReconciler(): Promise<ReconcilerHarness> {
  const harness = await StepHarness.create();
  const executions = new ScriptedExecutions();
  const listed: ListedSession[] = [];
  const listUnfinished = async () => ({ sessions: listed, truncated: false });
  const destination = { ...harness.ports.destination, listUnfinished };
  const reconciler: ReconcilerHarness = {
    harness,
    executions,
    listed,
    ports: { ...harness.ports, destination, executions },
    async reconcile(event = {}, lengthMs = 115_000) {
      const invocation = invocationOf(harness.doubles, { lengthMs });
      const result = await reconcile(reconciler.ports, event, invocation).finally(invocation.close);
      canarySearch.searchText('outcomes', textOf(result));
      return result;
    },
  };
  return reconciler;
}

/** Opens a harness on which `execution-a` has opened a session for the film and has a slot. */
export async function openSending(
  chunks = 3,
  traits?: Parameters<typeof putFilm>[2],
): Promise<ReconcilerHarness & { readonly opened: Planned; row(): Promise<TransferRecord> }> {
  const reconciler = await openReconciler();
  const opened = await reconciler.harness.openTransfer(chunks, traits);
  return Object.assign(reconciler, { opened, row: () => reconciler.harness.row(opened) });
}

/** Returns a status change event of Step Functions, as EventBridge delivers it. */
export function statusChange(status: string, more: object = {}, executionArn = executionId) {
  return statusEvent(executionArn, status, { input: JSON.stringify(film), ...more });
}

/** A crash at one call, before or after its effect. */
export type Crash = { readonly call: number; readonly when: 'before' | 'after' };

/**
 * Runs a scenario with a crash at every external call, before and after its effect. Each run has its own
 * harness.
 * @param scenario - wraps its ports with `crashing`, and expects that they may crash
 * @returns the number of external calls
 */
export async function crashEverywhere(
  scenario: (crashing: (ports: ReconcilerPorts) => ReconcilerPorts) => Promise<void>,
): Promise<number> {
  for (let call = 1; ; call++) {
    let isReached = false;
    for (const when of ['before', 'after'] as const) {
      let hasCrashed = () => false;
      await scenario((ports) => {
        const crashing = crashingPorts(ports, { call, when });
        hasCrashed = crashing.hasCrashed;
        return crashing.ports;
      });
      isReached = hasCrashed();
    }
    if (!isReached) return call - 1;
  }
}

/** Returns ports that crash at the n-th external call, counted over all ports. */
function crashingPorts(ports: ReconcilerPorts, { call, when }: Crash) {
  let calls = 0;
  const crashing: Around = async (_, act) => {
    const isLast = ++calls === call;
    if (isLast && when === 'before') throw crash();
    const result: unknown = await act();
    if (isLast) throw crash();
    return result;
  };
  const wrap = <T extends object>(part: T): T => wrapPort(part, crashing);
  const { store, queue, events, executions } = ports;
  const wrapped = {
    store: wrap(store),
    queue: wrap(queue),
    events: wrap(events),
    executions: wrap(executions),
  };
  return { ports: { ...ports, ...wrapped }, hasCrashed: () => calls >= call };
}

function crash(): TransferError {
  return new TransferError('TableUnavailableError', 'the sandbox crashed');
}
