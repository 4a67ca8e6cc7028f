import { describe, expect, it } from 'vitest';
import { ensureAdmitted, findHoldReason } from '#src/admission/admission.ts';
import type { Pause, StopMode } from '#src/core/queue/queue.ts';
import type { Settings } from '#src/core/settings.ts';
import { openQueue } from './queue-harness.ts';

type Mode = StopMode | 'no';

const paused = 'transfers are paused';
const closed = 'the transfer window is closed';

/** The harness's time is noon, so a window at night is closed. */
const night = { from: '22:00', to: '06:00', timeZone: 'UTC' };
const day = { from: '06:00', to: '22:00', timeZone: 'UTC' };

async function openPorts(pause: Pause | undefined, transferWindow: Settings['transferWindow']) {
  const { harness } = await openQueue({ transferWindow });
  await harness.ports.queue.setPause(pause);
  return harness.ports;
}

const pauseOf = (pause: Mode) => (pause === 'no' ? undefined : { since: 1, underWay: pause });
const windowOf = (underWay: Mode) => (underWay === 'no' ? undefined : { ...night, underWay });

describe.each([
  { pause: 'no', window: 'no', forNew: undefined, underWay: undefined },
  { pause: 'finish', window: 'no', forNew: paused, underWay: undefined },
  { pause: 'stop', window: 'no', forNew: paused, underWay: paused },
  { pause: 'no', window: 'finish', forNew: closed, underWay: undefined },
  { pause: 'no', window: 'stop', forNew: closed, underWay: closed },
  { pause: 'stop', window: 'finish', forNew: closed, underWay: paused },
  { pause: 'finish', window: 'stop', forNew: closed, underWay: closed },
  { pause: 'stop', window: 'stop', forNew: closed, underWay: closed },
] as const)('a pause ($pause) and a closed window ($window)', (hold) => {
  const open = () => openPorts(pauseOf(hold.pause), windowOf(hold.window));

  it(`hold a new transfer: ${hold.forNew ?? 'no'}`, async () => {
    expect(await findHoldReason(await open())).toBe(hold.forNew);
  });

  it(`hold an active transfer: ${hold.underWay ?? 'no'}`, async () => {
    expect(await findHoldReason(await open(), true)).toBe(hold.underWay);
  });
});

describe('a window', () => {
  it('holds nothing while it is open', async () => {
    const stopping = { ...day, underWay: 'stop' } as const;
    expect(await findHoldReason(await openPorts(undefined, stopping))).toBeUndefined();
  });

  it('lets active transfers complete by default', async () => {
    expect(await findHoldReason(await openPorts(undefined, night), true)).toBeUndefined();
  });
});

describe('a send', () => {
  it('stops with the reason', async () => {
    const ports = await openPorts({ since: 1, underWay: 'stop' }, undefined);
    await expect(ensureAdmitted(ports)).rejects.toMatchObject({
      name: 'TransferPausedError',
      message: `Sending stopped: ${paused}`,
    });
  });

  it('continues if active transfers may complete', async () => {
    const ports = await openPorts({ since: 1, underWay: 'finish' }, undefined);
    await expect(ensureAdmitted(ports)).resolves.toBeUndefined();
  });
});
