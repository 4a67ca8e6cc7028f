import { deepEqual, equal, ok } from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import type { Check } from '../checks.ts';
import { filmBucket, homeContext, machineArn, type Stage } from '../deployment.ts';
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

/** Longer than the dispatcher's schedule, with time for the transfers. */
const drainSeconds = 150;

const cancelledKey = 'cancelled.mp4';

/** The reconciler takes a younger session for one whose row is being written. */
const orphanAgeMs = 125_000;

/** No upload sends meanwhile, and no event is lost. */
export function pauseScenario(stage: Stage): Check {
  return {
    name: 'ten objects that land while transfers are paused are queued, and all are ready after resume',
    show: async () => {
      const created = () => stage.service.calls.count('create');
      const before = created();
      const films = await paused(stage, () => landing(stage, 'paused', 10));
      equal(created(), before, 'a session was opened while transfers were paused');
      await expectAllReady(stage, films);
    },
  };
}

/** The executions that the dispatcher starts call the newest versions of the functions. */
export function deployWhileQueuedScenario(stage: Stage): Check {
  return {
    name: 'a second deploy while three objects are queued: all end ready on the new versions',
    show: async () => {
      const films = await paused(stage, async () => {
        const landed = await landing(stage, 'deploy', 3);
        await stage.cdk.deploy(stage.home, { ...homeContext(stage), stepMemoryMiB: '704' });
        return landed;
      });
      const rows = await expectAllReady(stage, films);
      const { sfn } = stage.home;
      const newest = await versionsInDefinition(sfn, await machineArn(stage));
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

/** A cancelled transfer is no failure: its execution ends well. */
export function cancelScenario(stage: Stage): Check {
  return {
    name: 'a queued and a running transfer are cancelled, none fails, and a manual start goes on',
    show: async () => {
      const { home } = stage;
      const machine = await machineArn(stage);
      const { film, execution } = await stuckTransfer(stage, machine);
      const [waiting] = await paused(stage, async () => {
        const films = await landing(stage, 'cancel', 1);
        await cancel(stage, films[0] as Film, 'queued');
        return films;
      });
      await cancel(stage, film, 'active');
      const { status, output } = await endOf(home.sfn, execution);
      stage.service.faults.clear();
      deepEqual([status, output.status], ['SUCCEEDED', 'cancelled']);
      const queued = waiting as Film;
      equal((await transfersIn(stage, 'cancelled', [queued.key, film.key])).length, 2);
      const input = { bucket: filmBucket, key: queued.key };
      await expectReady(stage, await startExecution(home.sfn, machine, input), queued);
    },
  };
}

/** The session of the cancelled transfer is older by now than the reconciler lets a session be unknown. */
export function noOrphanScenario(stage: Stage): Check {
  return {
    name: 'the session that a cancelled transfer left is no orphan',
    show: async () => {
      const [left] = stage.service.sessions().filter(({ filename }) => filename === cancelledKey);
      ok(left, 'the cancelled transfer left no session');
      const age = Date.now() - left.createdAt;
      await setTimeout(Math.max(0, orphanAgeMs - age));
      equal((await invoke(stage.home, 'Reconcile', {})).orphanSessions, 0);
    },
  };
}

/** Works while transfers are paused, and resumes them whatever happens. */
async function paused<T>({ home }: Stage, work: () => Promise<T>): Promise<T> {
  equal((await invoke(home, 'Dispatch', { command: 'pause' })).paused, true);
  try {
    return await work();
  } finally {
    await invoke(home, 'Dispatch', { command: 'resume' });
  }
}

/** Puts films and waits until each one's transfer is queued. */
async function landing(stage: Stage, name: string, count: number): Promise<Film[]> {
  const films: Film[] = [];
  for (let i = 1; i <= count; i++)
    films.push(await putFilm(stage.home.s3, filmBucket, `${name}/film ${i}.mp4`, 1));
  await waitFor(`${count} queued transfers`, 60, async () => {
    const queued = await transfersIn(stage, 'queued', keysOf(films));
    return queued.length === count || undefined;
  });
  return films;
}

async function expectAllReady(stage: Stage, films: readonly Film[]): Promise<TransferRow[]> {
  const rows = await waitFor(`${films.length} ready assets`, drainSeconds, async () => {
    const ready = await transfersIn(stage, 'ready', keysOf(films));
    return ready.length === films.length ? ready : undefined;
  });
  for (const { assetId, source } of rows) {
    const film = films.find(({ key }) => key === source.key);
    equal(await stage.service.storedSha256(String(assetId)), film?.sha256, source.key);
  }
  return rows;
}

function keysOf(films: readonly Film[]): string[] {
  return films.map(({ key }) => key);
}

/** A transfer one chunk of which the upload host refuses for now, so that its session stays open. */
async function stuckTransfer(stage: Stage, machine: string) {
  const { home, service } = stage;
  service.faults.add({ on: 'put', chunk: 3, times: 1000, kind: 'status', status: 503 });
  const film = await putFilm(home.s3, filmBucket, cancelledKey, 31);
  const execution = await executionFor(home.sfn, machine, film.key);
  await waitFor('the chunk to be refused', 60, async () => {
    return service.calls.of('put').some(({ status }) => status === 503) || undefined;
  });
  return { film, execution };
}

async function cancel(stage: Stage, { key }: Film, state: string): Promise<void> {
  const [row] = await transfersIn(stage, state, [key]);
  ok(row, `the transfer of ${key} is not ${state}`);
  const { transferId } = row;
  const done = await invoke(stage.home, 'Dispatch', { command: 'cancel', transferId });
  deepEqual([done.state, done.changed], ['cancelled', true]);
}
