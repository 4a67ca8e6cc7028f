import type { ExecutionStarter } from '#src/core/ports/executions.ts';
import type { TransferWindow } from '#src/core/queue/transfer-window.ts';
import type { Settings } from '#src/core/settings.ts';
import type { Ports } from '#src/step-support/step.ts';
import type { Faults } from '../faults/fault-classes.ts';
import type { Chance } from '../harness/chance.ts';
import type { Sandbox } from '../harness/sandbox.ts';
import type { QueueMemory } from '../invariants/checked-queue.ts';
import type { Execution } from './executions.ts';
import type { Simulation } from './simulation.ts';

/** Windows around the start time of every run, 22:00: some close soon, some open soon. */
const windows = [
  { from: '20:00', to: '22:20' },
  { from: '22:10', to: '21:30' },
  { from: '23:00', to: '22:05' },
] as const;

/** Returns the settings with a transfer window in runs with that fault class. */
export function withWindow(settings: Settings, faults: Faults, chance: Chance): Settings {
  if (!faults.strikes('transfer window')) return settings;
  const underWay = chance.pick(['finish', 'stop'] as const);
  const transferWindow: TransferWindow = { ...chance.pick(windows), timeZone: 'UTC', underWay };
  return { ...settings, transferWindow };
}

/** How long after its end an execution of an old deployment counts for the slot limit, in ms. */
const lateMs = 60_000;

/** Returns the slot limit: the highest of the newest and of all running deployments. */
export function boundOf({ executions, settings, settingsOf }: Simulation): number {
  const running = [...executions.all.values()].filter(
    ({ result, endedAt = 0 }) => !result || endedAt > Date.now() - lateMs,
  );
  const bounds = running.map(({ version }) => settingsOf(version).maxActiveTransfers);
  return Math.max(settings.maxActiveTransfers, ...bounds);
}

/** Returns the execution starter of one dispatcher process. */
export function starterOf(
  { dispatcher: { starter } }: Simulation,
  sandbox: Sandbox,
): ExecutionStarter {
  return {
    start: (start) => sandbox.call(`starter.start ${start.name}`, () => starter.start(start)),
  };
}

/** Returns the dispatcher's ports, which record the transfers whose call failed. */
export function recordingDisturbed(ports: Ports, { disturbed }: QueueMemory): Ports {
  const { store, starter, executions } = ports;
  const recorded =
    <A extends unknown[], T>(
      transferOf: (...args: A) => string,
      call: (...args: A) => Promise<T>,
    ) =>
    (...args: A) =>
      call(...args).catch((error: unknown) => {
        disturbed.add(transferOf(...args));
        throw error;
      });
  const ofName = (name: string) => name.split(':').at(-1)?.split('-')[0] ?? '';
  return {
    ...ports,
    store: {
      ...store,
      transfer: recorded((id) => id, store.transfer),
      patchTransfer: recorded((id) => id, store.patchTransfer),
    },
    starter: { start: recorded(({ name }) => ofName(name), starter.start) },
    executions: { ...executions, endOf: recorded(ofName, executions.endOf) },
  };
}

/** Records that a fault ended the execution of a transfer: others may overtake the transfer. */
export function recordDisturbed({ disturbed }: QueueMemory, { input, result }: Execution): void {
  const { dispatched } = (input ?? {}) as { dispatched?: { transferId: string } };
  if (dispatched && result?.status !== 'SUCCEEDED') disturbed.add(dispatched.transferId);
}
