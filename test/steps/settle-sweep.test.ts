import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/errors.ts';
import { leaseSeconds, sweepSeconds } from '#src/core/limits/limits.ts';
import type { ExecutionEnd } from '#src/core/ports/executions.ts';
import type { MetricName } from '#src/core/stack/metrics.ts';
import type { SessionRecord, TransferRecord } from '#src/core/transfer/transfer.ts';
import { transferRecord } from '../aws/dynamodb/table-fixture.ts';
import { film } from '../conformance/bench.ts';
import {
  dieEverywhere,
  executionId,
  openSending,
  openSettleStage,
  type SettleStage,
  statusChange,
} from './settle-stage.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Transfer ids of the events of outcomes, in order. */
const told = ({ harness }: SettleStage) =>
  harness.bench.events.outcomes.map(({ detail }) => detail.transferId);

const measured = ({ harness }: SettleStage, metric: MetricName) =>
  harness.bench.meter.taken.filter((one) => one.metric === metric).map(({ value }) => value);

const lines = ({ harness }: SettleStage, phrase: string) =>
  harness.bench.logged.filter(({ message }) => message === phrase).map(({ fields }) => fields);

/** Puts a transfer's row, as it stood so many minutes ago. */
async function putRow(settle: SettleStage, minutesAgo: number, changes: Partial<TransferRecord>) {
  const at = settle.harness.bench.clock.now() - minutesAgo * minuteMs;
  const record = transferRecord({
    leaseUntil: at + leaseSeconds * 1000,
    createdAt: at,
    changedAt: at,
    owner: `execution-of-${changes.transferId}`,
    ...changes,
  });
  await settle.harness.bench.store.takeTransfer(record, undefined);
  return record;
}

/** A row that is over and not announced. */
function putOver(settle: SettleStage, transferId: string, more: Partial<TransferRecord> = {}) {
  const outcome = { transferId, status: 'failed', error: 'UploadFailedError' };
  return putRow(settle, 10, {
    transferId,
    state: 'failed',
    outcome,
    outcomePublished: false,
    ...more,
  });
}

async function rowOf({ harness }: SettleStage, transferId: string) {
  return harness.row({ transferId });
}

describe('a sweep, of a transfer that is silent for longer than its lease', () => {
  const silent = async (end: ExecutionEnd) => {
    const settle = await openSending();
    settle.ends.ends.set(executionId, end);
    settle.harness.bench.clock.advance((leaseSeconds + 60) * 1000);
    return settle;
  };

  it.each([
    ['timed-out', 'ExecutionTimedOutError'],
    ['failed', 'ExecutionEndedError'],
    ['succeeded', 'ExecutionEndedError'],
  ] as const)('settles one whose execution is %s', async (status, error) => {
    const settle = await silent({ status });
    expect(await settle.reconcile()).toMatchObject({ settled: 1 });
    const outcome = { status: 'failed', error };
    expect(await settle.row()).toMatchObject({ state: 'failed', outcomePublished: true, outcome });
    expect(settle.harness.bench.queue.held.size).toBe(0);
    expect(told(settle)).toHaveLength(1);
  });

  it('settles one whose execution was stopped as cancelled', async () => {
    const settle = await silent({ status: 'aborted' });
    expect(await settle.reconcile()).toMatchObject({ settled: 1 });
    expect(await settle.row()).toMatchObject({ state: 'cancelled', outcomePublished: true });
    expect(settle.harness.bench.meter.sum('TransfersFailed')).toBe(0);
  });

  it.each(['running', 'unknown'] as const)('leaves one whose execution is %s', async (status) => {
    const settle = await silent({ status });
    expect(await settle.reconcile()).toMatchObject({ settled: 0 });
    expect(await settle.row()).toMatchObject({ state: 'active' });
    expect(told(settle)).toEqual([]);
  });

  it('asks about none whose lease still runs', async () => {
    const settle = await openSending();
    settle.ends.ends.set(executionId, { status: 'aborted' });
    expect(await settle.reconcile()).toMatchObject({ settled: 0 });
    expect(settle.ends.asked).toEqual([]);
  });

  it('asks about none that renewed its lease since it was listed', async () => {
    const settle = await openSettleStage();
    const { store } = settle.ports;
    const stale = await putRow(settle, 60, { transferId: 't1' });
    const leaseUntil = settle.harness.bench.clock.now() + 15 * minuteMs;
    await store.patchTransfer('t1', stale.fence, { leaseUntil }, stale.changedAt);
    const listTransfers = async function* () {
      yield stale;
    };
    settle.ports = { ...settle.ports, store: { ...store, listTransfers } };
    await settle.reconcile();
    expect(settle.ends.asked).toEqual([]);
  });

  it('finds one that was taken eight days ago', async () => {
    const settle = await openSettleStage();
    const { owner } = await putRow(settle, 8 * 24 * 60, { transferId: 't1' });
    settle.ends.ends.set(owner, { status: 'timed-out' });
    expect(await settle.reconcile()).toMatchObject({ settled: 1 });
  });

  it('asks for the longest silent first, and goes on the next time when its time is up', async () => {
    const settle = await openSettleStage();
    const { clock } = settle.harness.bench;
    for (const [i, minutesAgo] of [30, 90, 60].entries()) {
      await putRow(settle, minutesAgo, { transferId: `t${i}` });
    }
    const endOf = async (id: string) => {
      clock.advance(15_000);
      return settle.ends.endOf(id);
    };
    settle.ports = { ...settle.ports, executions: { endOf } };
    await settle.reconcile({}, 60_000);
    expect(settle.ends.asked).toEqual(['execution-of-t1']);
  });

  it('lets one that can’t be settled keep no other from it', async () => {
    const settle = await openSettleStage();
    await putRow(settle, 60, { transferId: 't0' });
    const { owner } = await putRow(settle, 30, { transferId: 't1' });
    settle.ends.ends.set(owner, { status: 'aborted' });
    const endOf = async (id: string) => {
      if (id !== owner) throw new TransferError('ExecutionUnknownError', 'rate');
      return settle.ends.endOf(id);
    };
    settle.ports = { ...settle.ports, executions: { endOf } };
    await expect(settle.reconcile()).rejects.toMatchObject({ name: 'ExecutionUnknownError' });
    expect(await rowOf(settle, 't1')).toMatchObject({ state: 'cancelled' });
  });

  it('dying at any call settles it the next time', async () => {
    const calls = await dieEverywhere(async (die) => {
      const settle = await silent({ status: 'aborted' });
      const whole = settle.ports;
      settle.ports = die(whole);
      await settle.reconcile().catch(() => {});
      settle.ports = whole;
      settle.harness.bench.clock.advance(5 * minuteMs);
      await settle.reconcile();
      expect(await settle.row()).toMatchObject({ state: 'cancelled', outcomePublished: true });
      expect(settle.harness.bench.queue.held.size).toBe(0);
      expect([1, 2]).toContain(told(settle).length);
    });
    expect(calls).toBeGreaterThan(12);
  });
});

describe('a sweep, of outcomes whose event nobody confirmed', () => {
  it.each([
    ['ready', 'Transfer Ready'],
    ['failed', 'Transfer Failed'],
    ['superseded', 'Transfer Superseded'],
    ['refused', 'Transfer Failed'],
    ['cancelled', 'Transfer Cancelled'],
  ] as const)('sends that of one that is %s as %s', async (state, type) => {
    const settle = await openSettleStage();
    const { outcome } = await putOver(settle, 't1', { state });
    expect(await settle.reconcile()).toMatchObject({ eventsSent: 1 });
    expect(settle.harness.bench.events.outcomes).toMatchObject([{ type, detail: outcome }]);
    expect(await rowOf(settle, 't1')).toMatchObject({ state, outcomePublished: true });
    expect(await settle.reconcile()).toMatchObject({ eventsSent: 0 });
  });

  it('leaves one younger than two minutes to the step that wrote it', async () => {
    const settle = await openSettleStage();
    const changedAt = settle.harness.bench.clock.now() - 119_000;
    await putOver(settle, 't1', { changedAt });
    await settle.reconcile();
    expect(told(settle)).toEqual([]);
    expect(measured(settle, 'UnconfirmedEvents')).toEqual([0]);
  });

  it('sends the longest waiting first', async () => {
    const settle = await openSettleStage();
    const { clock } = settle.harness.bench;
    for (const minutes of [20, 40, 30]) {
      await putOver(settle, `t${minutes}`, { changedAt: clock.now() - minutes * minuteMs });
    }
    await settle.reconcile();
    expect(told(settle)).toEqual(['t40', 't30', 't20']);
  });

  it('sends all others when one is refused, tells how many are left, and fails by name', async () => {
    const settle = await openSettleStage();
    for (const id of ['t1', 't2', 't3']) await putOver(settle, id);
    settle.harness.bench.events.refusals = 1;
    await expect(settle.reconcile()).rejects.toMatchObject({
      name: 'EventNotPublishedError',
      message: 'unconfirmed events: the bus refused it',
    });
    expect(told(settle)).toHaveLength(2);
    expect(measured(settle, 'UnconfirmedEvents')).toEqual([1]);
    await settle.reconcile();
    expect(told(settle)).toHaveLength(3);
  });

  it('takes one off the list that is on it although it was announced', async () => {
    const settle = await openSettleStage();
    const over = await putOver(settle, 't1', { outcomePublished: true });
    const patches: object[] = [];
    const store = {
      ...settle.ports.store,
      listUnpublished: async function* () {
        yield over;
      },
      patchTransfer: async (_id: string, _fence: number, patch: object) => patches.push(patch) > 0,
    };
    settle.ports = { ...settle.ports, store };
    await settle.reconcile();
    expect(patches).toEqual([{ outcomePublished: true }]);
    expect(told(settle)).toEqual([]);
  });

  it('sends none for a transfer that was taken again since', async () => {
    const settle = await openSettleStage();
    const over = await putOver(settle, 't1');
    const again = { ...over, state: 'active', fence: 2, outcome: undefined } as const;
    const { store } = settle.ports;
    const listUnpublished = async function* () {
      await store.takeTransfer(again, over);
      yield over;
    };
    settle.ports = { ...settle.ports, store: { ...store, listUnpublished } };
    await settle.reconcile();
    expect(told(settle)).toEqual([]);
    expect(await rowOf(settle, 't1')).toMatchObject({ state: 'active', outcomePublished: false });
  });
});

describe('a sweep, of slots', () => {
  const hold = (settle: SettleStage, slot: number, transferId: string, minutes = 10) => {
    const since = settle.harness.bench.clock.now() - hourMs;
    const until = since + hourMs + minutes * minuteMs;
    return settle.harness.bench.queue.takeSlot({ slot, transferId, fence: 1, since, until }, since);
  };
  const cancelledBy = (cancelledBy?: string) =>
    ({
      state: 'cancelled',
      outcomePublished: true,
      outcome: { status: 'cancelled', cancelledBy },
    }) as const;
  const held = ({ harness }: SettleStage) => [...harness.bench.queue.held.keys()];

  it.each([
    ['whose lease is over', { state: 'active' }, -1],
    ['of a failed transfer', { state: 'failed', outcomePublished: true }, 10],
    ['of a queued transfer', { state: 'queued' }, 10],
    ['of a transfer whose execution was stopped', cancelledBy(), 10],
    ['of a cancelled transfer whose lease is over', { ...cancelledBy('request'), slot: 1 }, -1],
    ['that a cancelled transfer did not come to record', cancelledBy('request'), 10],
  ] as const)('frees a slot %s', async (_of, row, minutes) => {
    const settle = await openSettleStage();
    await putRow(settle, 1, { transferId: 't1', ...row });
    await hold(settle, 1, 't1', minutes);
    expect(await settle.reconcile()).toMatchObject({ slotsFreed: 1 });
    expect(held(settle)).toEqual([]);
  });

  it.each([
    ['of an active transfer', { state: 'active' }],
    ['of a cancelled transfer that may still send', { ...cancelledBy('request'), slot: 1 }],
  ] as const)('leaves a slot %s until its lease is over', async (_of, row) => {
    const settle = await openSettleStage();
    await putRow(settle, 1, { transferId: 't1', ...row });
    await hold(settle, 1, 't1');
    expect(await settle.reconcile()).toMatchObject({ slotsFreed: 0 });
    expect(held(settle)).toEqual([1]);
  });

  it('leaves a slot that was taken again since it was listed', async () => {
    const settle = await openSettleStage();
    await putRow(settle, 1, { transferId: 't1', state: 'queued' });
    await hold(settle, 1, 't1');
    const { store, queue } = settle.ports;
    const again = { slot: 1, transferId: 't1', fence: 2, since: 0, until: Number.MAX_SAFE_INTEGER };
    const transfer = async (id: string) => {
      const row = await store.transfer(id);
      await queue.takeSlot(again, settle.harness.bench.clock.now());
      return row;
    };
    settle.ports = { ...settle.ports, store: { ...store, transfer } };
    await settle.reconcile();
    expect(settle.harness.bench.queue.held.get(1)).toEqual(again);
  });

  it('leaves a slot whose transfer has no row yet', async () => {
    const settle = await openSettleStage();
    await hold(settle, 1, 'unknown');
    expect(await settle.reconcile()).toMatchObject({ slotsFreed: 0 });
  });

  it('measures the slots that are held', async () => {
    const settle = await openSettleStage();
    for (const slot of [1, 2, 3]) await hold(settle, slot, `t${slot}`, slot === 3 ? -1 : 5);
    await settle.reconcile();
    expect(measured(settle, 'ActiveTransfers')).toEqual([2]);
  });

  it('measures none as 0, so that an alarm always has its number', async () => {
    const settle = await openSettleStage();
    await settle.reconcile();
    const gauges = [
      'ActiveTransfers',
      'SessionsNearExpiry',
      'OrphanSessions',
      'UnconfirmedEvents',
    ] as const;
    expect(gauges.map((metric) => measured(settle, metric))).toEqual(gauges.map(() => [0]));
  });
});

describe('a sweep, of open sessions', () => {
  const near = async (hours: number) => {
    const settle = await openSending();
    settle.harness.bench.clock.advance(hours * hourMs);
    await settle.reconcile();
    return settle;
  };

  it('measures and names one that ends within two hours', async () => {
    const settle = await near(22.5);
    expect(measured(settle, 'SessionsNearExpiry')).toEqual([1]);
    expect(lines(settle, 'session ends soon')).toMatchObject([
      { ...film, transferId: settle.opened.transferId, sessionNumber: 1, secondsLeft: 5400 },
    ]);
  });

  it.each([21.9, 24.1])('leaves one alone after %d hours of its 24', async (hours) => {
    expect(measured(await near(hours), 'SessionsNearExpiry')).toEqual([0]);
  });

  it('leaves one alone whose bytes are complete', async () => {
    const settle = await openSending();
    await settle.harness.sendAll(settle.opened);
    await settle.harness.confirm(settle.opened);
    settle.harness.bench.clock.advance(23 * hourMs);
    await settle.reconcile();
    expect(measured(settle, 'SessionsNearExpiry')).toEqual([0]);
  });
});

describe('a sweep, of sessions at the service', () => {
  interface Loss {
    readonly bytes?: number;
    readonly row?: TransferRecord['state'];
    readonly session?: SessionRecord['state'];
  }

  /** Loses a session of a transfer, opened so many minutes ago. */
  async function lose(
    settle: SettleStage,
    transferId: string,
    minutesAgo: number,
    { bytes = 5000, row = 'failed', session = 'lost' }: Loss = {},
  ) {
    const { store, clock } = settle.harness.bench;
    const source = { bucket: 'films', key: 'a.mp4', etag: 'e', sizeBytes: bytes };
    const leaseUntil = clock.now() + hourMs;
    await putRow(settle, minutesAgo, {
      transferId,
      state: row,
      source,
      leaseUntil,
      outcomePublished: true,
    });
    await store.addSession(transferId, {
      number: 1,
      attempt: 'execution#1',
      openedAt: clock.now() - minutesAgo * minuteMs,
      state: session,
      etagMode: 'unknown',
      mismatched: [],
    });
  }

  const list = (settle: SettleStage, uploadId: string, minutesAgo: number, sizeBytes = 5000) =>
    settle.listed.push({
      uploadId,
      sizeBytes,
      createdAt: settle.harness.bench.clock.now() - minutesAgo * minuteMs,
    });

  const attributions = (settle: SettleStage) =>
    lines(settle, 'orphan session').map(({ uploadId, attributedTo }) => [uploadId, attributedTo]);

  it('counts those that no transfer knows, and no other', async () => {
    const settle = await openSending();
    list(settle, 'upload-1', 30);
    list(settle, 'upload-stranger', 30);
    expect(await settle.reconcile()).toMatchObject({ orphanSessions: 1 });
    expect(measured(settle, 'OrphanSessions')).toEqual([1]);
    expect(attributions(settle)).toEqual([['upload-stranger', 'none']]);
  });

  it('does not count one that may not have been noted yet', async () => {
    const settle = await openSettleStage();
    list(settle, 'upload-young', 1);
    await settle.reconcile();
    expect(measured(settle, 'OrphanSessions')).toEqual([0]);
  });

  it('attributes one to the transfer that lost a session of its size at its time', async () => {
    const settle = await openSettleStage();
    await lose(settle, 'other-size', 30, { bytes: 4999 });
    await lose(settle, 'other-time', 33);
    await lose(settle, 'loser', 31);
    list(settle, 'upload-a', 30);
    await settle.reconcile();
    expect(attributions(settle)).toEqual([['upload-a', 'loser']]);
  });

  it.each(['active', 'failed', 'superseded', 'cancelled', 'ready'] as const)(
    'attributes one to its transfer though that is %s by now',
    async (row) => {
      const settle = await openSettleStage();
      await lose(settle, 'loser', 30, { row });
      list(settle, 'upload-a', 30);
      await settle.reconcile();
      expect(attributions(settle)).toEqual([['upload-a', 'loser']]);
    },
  );

  it('attributes one to an attempt whose process died, and none to one that was refused', async () => {
    const settle = await openSettleStage();
    await lose(settle, 'refused', 30, { session: 'refused' });
    await lose(settle, 'died', 31, { session: 'opening' });
    list(settle, 'upload-a', 30);
    list(settle, 'upload-b', 30);
    await settle.reconcile();
    expect(attributions(settle)).toEqual([
      ['upload-a', 'died'],
      ['upload-b', 'none'],
    ]);
  });

  it('finds the loser among a thousand others of its size, and says that not all were asked', async () => {
    const settle = await openSettleStage();
    const others = Array.from({ length: 600 }, (_, n) => `other-${n}`);
    for (const other of others) await lose(settle, other, 30.5, { session: 'refused' });
    const old = Array.from({ length: 600 }, (_, n) => `old-${n}`);
    for (const one of old) await lose(settle, one, 300, { session: 'refused' });
    await lose(settle, 'loser', 30);
    await settle.harness.bench.store.countRetries('loser', { CreateReplyLostError: 1 });
    list(settle, 'upload-a', 30);
    await settle.reconcile();
    expect(attributions(settle)).toEqual([['upload-a', 'loser']]);
    expect(lines(settle, 'not all transfers were asked about an orphan')).toEqual([
      { transfers: 601 },
    ]);
  });

  it('attributes two to the two transfers nearest in time, neither twice', async () => {
    const settle = await openSettleStage();
    await lose(settle, 'first', 31);
    await lose(settle, 'second', 30);
    list(settle, 'upload-a', 30.9);
    list(settle, 'upload-b', 30);
    list(settle, 'upload-c', 30.5);
    await settle.reconcile();
    expect(attributions(settle)).toEqual([
      ['upload-a', 'first'],
      ['upload-b', 'second'],
      ['upload-c', 'none'],
    ]);
  });

  it('attributes none of which the time is not told', async () => {
    const settle = await openSettleStage();
    await lose(settle, 'loser', 31);
    settle.listed.push({ uploadId: 'upload-a', sizeBytes: 5000 });
    await settle.reconcile();
    expect(attributions(settle)).toEqual([['upload-a', 'none']]);
  });

  it('says nothing where the service asked us to stay away', async () => {
    const settle = await openSettleStage();
    const listUnfinished = () => Promise.reject(new TransferError('ThrottledError', '429'));
    const destination = { ...settle.ports.destination, listUnfinished };
    settle.ports = { ...settle.ports, destination };
    await settle.reconcile();
    expect(measured(settle, 'OrphanSessions')).toEqual([]);
  });

  it('says nothing where the service lists none', async () => {
    const settle = await openSettleStage();
    const { listUnfinished: _, ...destination } = settle.ports.destination;
    settle.ports = { ...settle.ports, destination };
    await settle.reconcile();
    expect(measured(settle, 'OrphanSessions')).toEqual([]);
  });
});

describe('a sweep of which parts fail', () => {
  it('does all the others, and fails in the end by the name of the first', async () => {
    const settle = await openSettleStage();
    await putOver(settle, 't1');
    const refused = new TransferError('CredentialsRejectedError', '401');
    const destination = {
      ...settle.ports.destination,
      listUnfinished: () => Promise.reject(refused),
    };
    settle.ports = { ...settle.ports, destination };
    settle.harness.bench.store.refuse('listTransfers');
    await expect(settle.reconcile()).rejects.toMatchObject({
      name: 'TableUnavailableError',
      message: expect.stringMatching(/^3 parts failed, the first with: silent transfers: /),
    });
    expect(told(settle)).toEqual(['t1']);
    expect(lines(settle, 'part of the sweep failed').map(({ part }) => part)).toEqual([
      'silent transfers',
      'open sessions',
      'orphan sessions',
    ]);
  });

  it('is started by the schedule’s event as by nothing', async () => {
    const settle = await openSettleStage();
    const scheduled = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} };
    expect(await settle.reconcile(scheduled)).toHaveProperty('settled', 0);
  });
});

describe('a sweep, of sessions that were given up', () => {
  /** A transfer whose first session the service forgot, with all its bytes in the second. */
  async function replaced() {
    const settle = await openSending(1);
    const { harness, opened } = settle;
    harness.service.forgetSessions();
    const again = await harness.open({ ...opened, next: 'expired' });
    await harness.sendAll(again as typeof opened);
    return { settle, confirmed: await harness.confirm(again) };
  }

  async function timeOut(settle: SettleStage) {
    settle.ends.ends.set(executionId, { status: 'timed-out' });
    await settle.reconcile(statusChange('TIMED_OUT'));
  }

  /** Every asset is ready from now on, that of the forgotten session too. */
  function makeAllReady(settle: SettleStage) {
    const ready = async () => ({ phase: 'ready' as const });
    const destination = { ...settle.ports.destination, assetStatus: ready };
    settle.ports = { ...settle.ports, destination };
  }

  it('records and counts once an asset that one made after its transfer had ended', async () => {
    const { settle, confirmed } = await replaced();
    const { harness } = settle;
    harness.bench.clock.advance(hourMs);
    await harness.record(await harness.await(confirmed));
    makeAllReady(settle);
    await settle.reconcile();
    await settle.reconcile();
    expect(harness.bench.meter.sum('LateDuplicates')).toBe(1);
    expect((await settle.row()).outcome).toMatchObject({ duplicates: ['asset-1'] });
  });

  it('records one of a transfer that failed too, whose own bytes were complete', async () => {
    const { settle } = await replaced();
    await timeOut(settle);
    makeAllReady(settle);
    await settle.reconcile();
    expect(await settle.row()).toMatchObject({
      state: 'failed',
      assetId: 'asset-2',
      outcome: { duplicates: ['asset-1'] },
    });
  });

  it('writes no outcome back that a redriven execution has replaced since it was listed', async () => {
    const { settle, confirmed } = await replaced();
    const { harness } = settle;
    await timeOut(settle);
    const listed = await settle.row();
    await harness.record({ ...confirmed, error: { Error: 'AssetFailedError', Cause: 'no video' } });
    makeAllReady(settle);
    const { store } = settle.ports;
    settle.ports = {
      ...settle.ports,
      store: {
        ...store,
        listTransfers: async function* (state) {
          if (state === 'failed') yield listed;
        },
      },
    };
    await settle.reconcile();
    expect((await settle.row()).outcome).toMatchObject({
      error: 'AssetFailedError',
      duplicates: ['asset-1'],
    });
  });

  it('goes on from run to run where there are more than one run asks about', async () => {
    const settle = await openSettleStage();
    const asked = new Set<string>();
    const many = Array.from({ length: 450 }, (_, i) =>
      transferRecord({ transferId: `t${i}`, state: 'ready', sessionNumber: 2 }),
    );
    const { store } = settle.ports;
    settle.ports = {
      ...settle.ports,
      store: {
        ...store,
        listTransfers: async function* (state, day) {
          const today = new Date(settle.harness.bench.clock.now()).toISOString().slice(0, 10);
          if (state === 'ready' && day === today) yield* many;
        },
        sessions: async (transferId) => {
          asked.add(transferId);
          return [];
        },
      },
    };
    for (let run = 0; run < 3; run++) {
      await settle.reconcile();
      settle.harness.bench.clock.advance(sweepSeconds * 1000);
    }
    expect(asked.size).toBe(450);
  });
});
