import { describe, expect, it } from 'vitest';
import { TransferState } from '#local/terminal/transfer-state.ts';

const MiB = 1024 * 1024;

function stateAt(start: number) {
  const clock = { now: start };
  return { clock, state: new TransferState(() => clock.now) };
}

describe('a transfer under way', () => {
  it('N7: counts the bytes of this run and of earlier runs separately', () => {
    const { clock, state } = stateAt(1_000);
    state.planned(200 * MiB, 120 * MiB);
    clock.now += 8_000;
    state.moved(40 * MiB);
    expect(state.sent()).toEqual({
      bytes: 40 * MiB,
      milliseconds: 8_000,
      resumedBytes: 120 * MiB,
    });
  });

  it('N7: reports the bytes of earlier runs once', () => {
    const { state } = stateAt(1_000);
    expect(state.planned(200 * MiB, 120 * MiB)).toBe(
      '  Resuming: an earlier run has sent 120.0 MiB of 200.0 MiB',
    );
    expect(state.planned(200 * MiB, 160 * MiB)).toBeUndefined();
  });

  it('does not count bytes from an earlier round of this run as resumed', () => {
    const { clock, state } = stateAt(1_000);
    state.planned(200 * MiB, 0);
    clock.now += 1_000;
    state.moved(50 * MiB);
    state.planned(200 * MiB, 50 * MiB);
    expect(state.sent()).toMatchObject({ bytes: 50 * MiB, resumedBytes: 0 });
  });

  it('ends a wait when bytes move', () => {
    const { clock, state } = stateAt(1_000);
    state.planned(2 * MiB, 0);
    state.waits({ what: 'the network', why: undefined, nextTry: 60_000 });
    state.enters('sending');
    expect(state.view().wait?.what).toBe('the network');
    clock.now += 5_000;
    state.moved(MiB);
    expect(state.view().wait).toBeUndefined();
  });

  it('keeps a wait with a known next try when another chunk fails', () => {
    const { state } = stateAt(1_000);
    state.waits({ what: 'the network', why: undefined, nextTry: 60_000 });
    state.stalls({ what: 'the network', why: 'ECONNRESET', nextTry: undefined });
    expect(state.view().wait?.nextTry).toBe(60_000);
  });

  it('leaves the sending phase after the last byte, even if an event of the machine is late', () => {
    const { state } = stateAt(1_000);
    state.planned(2 * MiB, 0);
    state.moved(2 * MiB);
    state.enters('sending');
    expect(state.view().phase).toBe('confirming');
  });
});
