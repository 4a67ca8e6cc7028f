import { deepEqual, equal, ok } from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import type { Check } from '../checks.ts';
import { filmBucket, type Harness, homeContext, machineArn } from '../deployment.ts';
import {
  endOf,
  executionFor,
  startExecution,
  versionsCalled,
  versionsInDefinition,
} from '../executions.ts';
import { type Film, putFilm } from '../films.ts';
import { invoke } from '../functions.ts';
import { expectReady } from '../readiness.ts';
import { type TransferRow, transfersIn } from '../rows.ts';
import { waitFor } from '../waiting.ts';

/** The dispatcher's schedule plus the time for the transfers. */
const drainSeconds = 150;

const cancelledKey = 'cancelled.mp4';

/** The minimum age of an orphan, in ms. The row of a younger session may not be written yet. */
const orphanAgeMs = 125_000;

/** While transfers are paused, no upload sends and no event is lost. */
export function pauseScenario(harness: Harness): Check {
  return {
    name: 'ten objects that arrive while transfers are paused are queued, and all are ready after resume',
    run: async () => {
      const created = () => harness.service.calls.count('create');
      const before = created();
      const films = await whilePaused(harness, () => queueFilms(harness, 'paused', 10));
      equal(created(), before, 'a session was opened while transfers were paused');
      await expectAllReady(harness, films);
    },
  };
}

/** Executions of the dispatcher call the newest versions of the functions. */
export function deployWhileQueuedScenario(harness: Harness): Check {
  return {
    name: 'after a second deploy with three queued objects, all end as ready on the new versions',
    run: async () => {
      const films = await whilePaused(harness, async () => {
        const queued = await queueFilms(harness, 'deploy', 3);
        await harness.cdk.deploy(harness.home, { ...homeContext(harness), stepMemoryMiB: '704' });
        return queued;
      });
      const rows = await expectAllReady(harness, films);
      const { sfn } = harness.home;
      const newest = await versionsInDefinition(sfn, await machineArn(harness));
      for (const { owner } of rows) {
        const called = await versionsCalled(sfn, owner, new Date(0));
        ok(called.length > 0, `${owner} called no function`);
        deepEqual(
          called.filter((version) => !newest.includes(version)),
          [],
        );
      }
    },
  };
}

/** A cancelled transfer is not a failure: its execution succeeds. */
export function cancelScenario(harness: Harness): Check {
  return {
    name: 'a queued and a running transfer are cancelled without a failure, and a manual start continues',
    run: async () => {
      const { home } = harness;
      const machine = await machineArn(harness);
      const { film, execution } = await stuckTransfer(harness, machine);
      const [waiting] = await whilePaused(harness, async () => {
        const films = await queueFilms(harness, 'cancel', 1);
        await cancel(harness, films[0] as Film, 'queued');
        return films;
      });
      await cancel(harness, film, 'active');
      const { status, output } = await endOf(home.sfn, execution);
      harness.service.faults.clear();
      deepEqual([status, output.status], ['SUCCEEDED', 'cancelled']);
      const queued = waiting as Film;
      equal((await transfersIn(harness, 'cancelled', [queued.key, film.key])).length, 2);
      const input = { bucket: filmBucket, key: queued.key };
      await expectReady(harness, await startExecution(home.sfn, machine, input), queued);
    },
  };
}

/** Waits until the cancelled transfer's session is old enough for an orphan, then reconciles. */
export function noOrphanScenario(harness: Harness): Check {
  return {
    name: 'the session of a cancelled transfer is not an orphan',
    run: async () => {
      const [session] = harness.service
        .sessions()
        .filter(({ filename }) => filename === cancelledKey);
      ok(session, 'the cancelled transfer has no session');
      const age = Date.now() - session.createdAt;
      await setTimeout(Math.max(0, orphanAgeMs - age));
      equal((await invoke(harness.home, 'Reconcile', {})).orphanSessions, 0);
    },
  };
}

/** Runs work while transfers are paused. Resumes them also after a failure. */
async function whilePaused<T>({ home }: Harness, work: () => Promise<T>): Promise<T> {
  equal((await invoke(home, 'Dispatch', { command: 'pause' })).paused, true);
  try {
    return await work();
  } finally {
    await invoke(home, 'Dispatch', { command: 'resume' });
  }
}

/** Puts films into the bucket and waits until their transfers are queued. */
async function queueFilms(harness: Harness, name: string, count: number): Promise<Film[]> {
  const films: Film[] = [];
  for (let i = 1; i <= count; i++)
    films.push(await putFilm(harness.home.s3, filmBucket, `${name}/film ${i}.mp4`, 1));
  await waitFor(`${count} queued transfers`, 60, async () => {
    const queued = await transfersIn(harness, 'queued', keysOf(films));
    return queued.length === count || undefined;
  });
  return films;
}

async function expectAllReady(harness: Harness, films: readonly Film[]): Promise<TransferRow[]> {
  const rows = await waitFor(`${films.length} ready assets`, drainSeconds, async () => {
    const ready = await transfersIn(harness, 'ready', keysOf(films));
    return ready.length === films.length ? ready : undefined;
  });
  for (const { assetId, source } of rows) {
    const film = films.find(({ key }) => key === source.key);
    equal(await harness.service.storedSha256(String(assetId)), film?.sha256, source.key);
  }
  return rows;
}

function keysOf(films: readonly Film[]): string[] {
  return films.map(({ key }) => key);
}

/** Starts a transfer whose session stays open: the upload host rejects one chunk. */
async function stuckTransfer(harness: Harness, machine: string) {
  const { home, service } = harness;
  service.faults.add({ on: 'put', chunk: 3, times: 1000, kind: 'status', status: 503 });
  const film = await putFilm(home.s3, filmBucket, cancelledKey, 31);
  const execution = await executionFor(home.sfn, machine, film.key);
  await waitFor('the chunk to be rejected', 60, async () => {
    return service.calls.of('put').some(({ status }) => status === 503) || undefined;
  });
  return { film, execution };
}

async function cancel(harness: Harness, { key }: Film, state: string): Promise<void> {
  const [row] = await transfersIn(harness, state, [key]);
  ok(row, `the transfer of ${key} is not ${state}`);
  const { transferId } = row;
  const done = await invoke(harness.home, 'Dispatch', { command: 'cancel', transferId });
  deepEqual([done.state, done.changed], ['cancelled', true]);
}
