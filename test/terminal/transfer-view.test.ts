import { describe, expect, it } from 'vitest';
import { phases, statusLine, type TransferView } from '#local/terminal/transfer-view.ts';

const MiB = 1024 * 1024;
const now = 1_000_000;
const sending: TransferView = {
  phase: 'sending',
  phaseSince: now - 60_000,
  doneBytes: 160 * MiB,
  totalBytes: 256 * MiB,
  runBytes: 40 * MiB,
  runSince: now - 10_000,
  wait: undefined,
};
const processing: TransferView = { ...sending, phase: 'processing', totalBytes: 0 };
const waiting: TransferView = {
  ...sending,
  wait: {
    what: 'the network',
    why: 'ECONNREFUSED to api.twelvelabs.io',
    nextTry: now + 12_000,
  },
};

describe('the status line', () => {
  it('shows bar, percent, bytes, time left and speed on 80 columns', () => {
    expect(statusLine(sending, now, 80)).toMatch(
      /^ {2}█+░+ +62 % {2}160\.0 MiB of 256\.0 MiB {2}24 s left {2}4\.2 MB\/s$/,
    );
  });

  it('N10: keeps percent, bytes and time left on 40 columns', () => {
    expect(statusLine(sending, now, 39)).toBe(
      '   62 %  160.0 of 256.0 MiB  24 s left'.padStart(38),
    );
  });

  it.each([20, 39, 60, 79, 200])('never takes more than %i columns', (columns) => {
    const views = [sending, processing, waiting, { ...sending, doneBytes: 256 * MiB }];
    for (const phase of Object.keys(phases) as TransferView['phase'][])
      views.push({ ...sending, phase, phaseSince: 0, totalBytes: 0 });
    for (const view of views)
      expect(statusLine(view, now, columns).length).toBeLessThanOrEqual(columns);
  });

  it.each([
    ['before this run has moved a byte', { runBytes: 0 }],
    ['in the first second', { runSince: now - 200 }],
    ['when all bytes are sent', { doneBytes: 256 * MiB }],
  ])('N6: shows no time left %s', (_, more) => {
    expect(statusLine({ ...sending, ...more }, now, 79)).not.toMatch(/left|NF|NaN/);
  });

  it('computes the time left from the speed of this run only', () => {
    const resumed = { ...sending, doneBytes: 216 * MiB, runBytes: 1 * MiB };
    expect(statusLine(resumed, now, 79)).toContain('7 min left');
  });

  it('N6: shows the phase and the elapsed time', () => {
    expect(statusLine({ ...processing, phaseSince: now - 45_000 }, now, 79)).toBe(
      '  The service is processing the asset, 45 s so far',
    );
  });

  it('shows a wait with its reason and its next try', () => {
    expect(statusLine(waiting, now, 79)).toBe(
      '  Waiting for the network (ECONNREFUSED to api.twelvelabs.io), next try in 12 s'.slice(
        0,
        79,
      ),
    );
  });

  it('shows a wait on 40 columns', () => {
    expect(statusLine(waiting, now, 39)).toContain('Waiting for the network');
  });
});
