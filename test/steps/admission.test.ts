import { describe, expect, it } from 'vitest';
import type { Pause, StopMode } from '#src/core/queue/queue.ts';
import type { Settings } from '#src/core/stack/settings.ts';
import { findHoldReason, ensureAdmitted } from '#src/queue/admission.ts';
import { openQueue } from './queue-harness.ts';

type Held = StopMode | 'no';

const paused = 'transfers are paused';
const closed = 'the transfer window is closed';

/** The harness's day is at noon: a window at night is closed. */
const night = { from: '22:00', to: '06:00', timeZone: 'UTC' };
const day = { from: '06:00', to: '22:00', timeZone: 'UTC' };

async function portsOf(pause: Pause | undefined, transferWindow: Settings['transferWindow']) {
  const { harness } = await openQueue({ transferWindow });
  await harness.ports.queue.setPause(pause);
  return harness.ports;
}

const pauseOf = (pause: Held) => (pause === 'no' ? undefined : { since: 1, underWay: pause });
const windowOf = (underWay: Held) => (underWay === 'no' ? undefined : { ...night, underWay });

describe.each([
  { pause: 'no', window: 'no', forNew: undefined, underWay: undefined },
  { pause: 'finish', window: 'no', forNew: paused, underWay: undefined },
  { pause: 'stop', window: 'no', forNew: paused, underWay: paused },
  { pause: 'no', window: 'finish', forNew: closed, underWay: undefined },
  { pause: 'no', window: 'stop', forNew: closed, underWay: closed },
  { pause: 'stop', window: 'finish', forNew: closed, underWay: paused },
  { pause: 'finish', window: 'stop', forNew: closed, underWay: closed },
  { pause: 'stop', window: 'stop', forNew: closed, underWay: closed },
] as const)('a pause ($pause) and a closed window ($window)', (held) => {
  const open = () => portsOf(pauseOf(held.pause), windowOf(held.window));

  it(`hold a new transfer: ${held.forNew ?? 'no'}`, async () => {
    expect(await findHoldReason(await open())).toBe(held.forNew);
  });

  it(`hold a transfer under way: ${held.underWay ?? 'no'}`, async () => {
    expect(await findHoldReason(await open(), true)).toBe(held.underWay);
  });
});

describe('a window', () => {
  it('holds nothing while it is open', async () => {
    const stopping = { ...day, underWay: 'stop' } as const;
    expect(await findHoldReason(await portsOf(undefined, stopping))).toBeUndefined();
  });

  it('lets transfers under way complete unless it says otherwise', async () => {
    expect(await findHoldReason(await portsOf(undefined, night), true)).toBeUndefined();
  });
});

describe('a send', () => {
  it('stops by name, and says why', async () => {
    const ports = await portsOf({ since: 1, underWay: 'stop' }, undefined);
    await expect(ensureAdmitted(ports)).rejects.toMatchObject({
      name: 'TransferPausedError',
      message: `the send stopped: ${paused}`,
    });
  });

  it('goes on where transfers under way may complete', async () => {
    const ports = await portsOf({ since: 1, underWay: 'finish' }, undefined);
    await expect(ensureAdmitted(ports)).resolves.toBeUndefined();
  });
});
