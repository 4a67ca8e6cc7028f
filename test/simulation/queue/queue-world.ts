import type { ExecutionStarter } from '#src/core/ports/executions.ts';
import type { TransferWindow } from '#src/core/queue/transfer-window.ts';
import type { Settings } from '#src/core/stack/settings.ts';
import type { Ports } from '#src/transfer/step.ts';
import type { Chance } from '../chance.ts';
import type { Execution } from '../executions.ts';
import type { Mishaps } from '../fault-classes.ts';
import type { Sandbox } from '../sandbox.ts';
import type { World } from '../world.ts';
import type { QueueMemory } from './judge-queue.ts';

/** Hours around the time at which every run begins, 22:00: one closes soon, one opens soon. */
const windows = [
  { from: '20:00', to: '22:20' },
  { from: '22:10', to: '21:30' },
  { from: '23:00', to: '22:05' },
] as const;

/** The settings with a transfer window, in runs that have one. */
export function withWindow(settings: Settings, mishaps: Mishaps, chance: Chance): Settings {
  if (!mishaps.strikes('transfer window')) return settings;
  const underWay = chance.pick(['finish', 'stop'] as const);
  const transferWindow: TransferWindow = { ...chance.pick(windows), timeZone: 'UTC', underWay };
  return { ...settings, transferWindow };
}

/** An execution of an old deployment may take a slot until shortly before its end, in ms. */
const lateMs = 60_000;

/** How many slots there may be: of the newest deployment and those that still run, the most. */
export function boundOf({ executions, settings, settingsOf }: World): number {
  const running = [...executions.all.values()].filter(
    ({ result, endedAt = 0 }) => !result || endedAt > Date.now() - lateMs,
  );
  const bounds = running.map(({ version }) => settingsOf(version).maxActiveTransfers);
  return Math.max(settings.maxActiveTransfers, ...bounds);
}

/** Starts executions for one process of the dispatcher. */
export function starterOf({ dispatcher: { starter } }: World, by: Sandbox): ExecutionStarter {
  return { start: (start) => by.call(`starter.start ${start.name}`, () => starter.start(start)) };
}

/** The dispatcher's ports, which note whose ticket it could not work on. */
export function notingTrouble(ports: Ports, { troubled }: QueueMemory): Ports {
  const { store, starter, executions } = ports;
  const noted =
    <A extends unknown[], T>(whose: (...given: A) => string, call: (...given: A) => Promise<T>) =>
    (...given: A) =>
      call(...given).catch((error: unknown) => {
        troubled.add(whose(...given));
        throw error;
      });
  const ofName = (name: string) => name.split(':').at(-1)?.split('-')[0] ?? '';
  return {
    ...ports,
    store: {
      ...store,
      transfer: noted((id) => id, store.transfer),
      patchTransfer: noted((id) => id, store.patchTransfer),
    },
    starter: { start: noted(({ name }) => ofName(name), starter.start) },
    executions: { ...executions, endOf: noted(ofName, executions.endOf) },
  };
}

/** A transfer whose execution was ended by a fault may be overtaken. */
export function noteTrouble({ troubled }: QueueMemory, { input, result }: Execution): void {
  const { dispatched } = (input ?? {}) as { dispatched?: { transferId: string } };
  if (dispatched && result?.status !== 'SUCCEEDED') troubled.add(dispatched.transferId);
}
