import { beforeEach, describe, expect, it } from 'vitest';
import { CommandError } from '#cli/command-error.ts';
import { exitCodes } from '#cli/exit-codes.ts';
import { readRepeatedly } from '#cli/watch/watch-rows.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { useFakeAccount } from '../fake-account.ts';
import { now, runProgram, type Surroundings, testClock } from '../program-harness.ts';
import { proveChunks, putSession, putTransfers, transferOf } from '../transfer-records.ts';

const account = useFakeAccount();

const key = 'reel 1/a film with a rather long name of many words.mp4';
const moving = transferOf(key, { sessionNumber: 1 });
const waiting = transferOf('waiting.mp4', { state: 'queued' });
const ticket = {
  priority: 'live',
  number: 1,
  transferId: waiting.transferId,
  fence: 1,
  since: now,
};

let isReady = false;

beforeEach(async () => {
  if (isReady) return;
  isReady = true;
  await putTransfers(account.table, moving, waiting);
  await account.table.queue.putTicket({ ...ticket, priority: 'live' });
  await putSession(account.table, moving.transferId, [1]);
});

/** Runs a watch that is stopped at its sleep number `sleeps`. `before` runs before each sleep ends. */
async function watch(
  sleeps: number,
  argv: readonly string[] = [],
  more: Surroundings = {},
  before: (sleep: number) => unknown = () => {},
) {
  const stop = new AbortController();
  const clock = testClock();
  let slept = 0;
  const sleep = async (milliseconds: number) => {
    await before(++slept);
    if (slept >= sleeps) stop.abort();
    await clock.sleep(milliseconds);
  };
  return runProgram(['watch', ...argv], {
    clock: { ...clock, sleep },
    signal: stop.signal,
    ...more,
  });
}

describe('chunkferry watch', () => {
  it('prints on a pipe what moves and the totals, and nothing again while nothing changes', async () => {
    const { code, stdout, stderr } = await watch(3);
    expect(code).toBe(0);
    expect(stderr).toBe('Stack Chunkferry in eu-west-1, account 111122223333\n');
    expect(stdout.split('\n')).toEqual([
      '2026-11-29T12:00:00Z  1 active, 1 queued, 416.7 kB/s',
      `2026-11-29T12:00:00Z  s3://films/${key}  sends chunks, 25 % of 95.4 MiB  416.7 kB/s, 3 min left`,
      '',
    ]);
  });

  it('prints with --json one object for each read, with version and type', async () => {
    const { stdout } = await watch(2, ['--json']);
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      version: 1,
      type: 'snapshot',
      paused: false,
      active: [{ key, progress: { bytes: 25e6, totalBytes: 100e6, secondsLeft: 180 } }],
      queued: { count: 1, first: [{ key: 'waiting.mp4' }] },
    });
  });

  it.each([40, 80, 200])(
    'redraws %i columns in place, without a line that wraps',
    async (columns) => {
      const { stdout } = await watch(3, [], { columns, env: { TERM: 'xterm' } });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences of a terminal
      const lines = stdout.replaceAll(/\x1b\[[0-9;]*[A-Za-z]/g, '').split('\n');
      for (const line of lines) expect(Array.from(line).length).toBeLessThan(columns);
      expect(stdout).toContain('25 %');
      expect(stdout).toContain('waiting.mp4');
      expect(stdout).toContain('words.mp4');
      // Each further picture begins above the last: a line of totals, the titles and two rows.
      expect(stdout.split('\x1b[4A')).toHaveLength(3);
    },
  );

  it('prints lines on a terminal that cannot redraw', async () => {
    const { stdout } = await watch(1, [], { columns: 80, env: { TERM: 'dumb' } });
    expect(stdout).not.toContain('\x1b');
  });

  it('shows the speed since the last read', async () => {
    const { stdout } = await watch(2, ['--json'], {}, (sleep) =>
      sleep === 1 ? proveChunks(account.table, moving.transferId, [2]) : undefined,
    );
    const second = JSON.parse(stdout.trim().split('\n')[1] ?? '');
    expect(second.active[0].progress).toMatchObject({ bytes: 50e6, bytesPerSecond: 5e6 });
  });

  it('ends with --until-idle when nothing has moved or waited for 30 s', async () => {
    const { store, queue } = account.table;
    let sleeps = 0;
    const { code, stdout } = await watch(20, ['--until-idle'], {}, async (sleep) => {
      sleeps = sleep;
      if (sleep > 1) return;
      await store.patchTransfer(moving.transferId, 1, { state: 'ready' }, now);
      await queue.removeTicket({ ...ticket, priority: 'live' });
    });
    expect(code).toBe(exitCodes.done);
    expect(stdout).toContain('0 active, 0 queued\n');
    expect(sleeps).toBe(1 + 30_000 / 5_000);
  });

  it('goes on with --until-idle if a start becomes a transfer only after the first reads', async () => {
    const late = transferOf('late.mp4');
    const { stdout } = await watch(9, ['--until-idle'], {}, (sleep) =>
      sleep === 3 ? putTransfers(account.table, late) : undefined,
    );
    expect(stdout).toContain('s3://films/late.mp4');
  });
});

describe('chunkferry watch without anything to watch', () => {
  it('rejects --local by one line with the way out', async () => {
    const { code, stdout, stderr } = await watch(2, ['--local', '--until-idle']);
    expect([code, stdout]).toEqual([exitCodes.usage, '']);
    expect(stderr).toBe(
      'Invalid option "--local": a local run shows its own progress, and its table is not readable meanwhile. Use chunkferry list --local to see how local runs ended.\n',
    );
  });
});

describe('reads at an interval', () => {
  const outage = new TransferError('TableUnavailableError', 'DynamoDB failed for table t: 503');
  const endless = new AbortController().signal;

  async function look(results: (Error | boolean)[]) {
    const printed: string[] = [];
    const next = async () => {
      const result = results.shift() ?? true;
      if (typeof result === 'boolean') return result;
      throw result;
    };
    const watching = { clock: testClock(), signal: endless };
    await readRepeatedly(next, 5_000, (line) => printed.push(line), watching);
    return printed;
  }

  it('go on after an outage, with a line for each failed read', async () => {
    expect(await look([outage, false, outage, true])).toEqual([
      'DynamoDB failed for table t: 503. Next read in 5 s.',
      'DynamoDB failed for table t: 503. Next read in 5 s.',
    ]);
  });

  it('end with the error if fifteen reads fail in a row', async () => {
    await expect(look(Array(15).fill(outage))).rejects.toThrow('503');
  });

  it('end at once with an error that no wait cures', async () => {
    await expect(look([new CommandError('denied', 'no permission')])).rejects.toThrow(
      'no permission',
    );
  });
});
