import { deepEqual, equal, notDeepEqual, ok } from 'node:assert/strict';
import type { Check } from '../checks.ts';
import { filmBucket, homeContext, machineArn, type Stage } from '../deployment.ts';
import { executionFor, isRunning, versionsCalled, versionsInDefinition } from '../executions.ts';
import { type Film, putFilm } from '../films.ts';
import { expectReady } from '../readiness.ts';
import { waitFor } from '../waiting.ts';

/** Six chunks and a bit. */
const sizeMiB = 31;

const hourMs = 3_600_000;

/** The transfer is held among its chunks, and again before its asset is ready, while the stack changes. */
export function secondDeployScenario(stage: Stage): Check {
  return {
    name: 'a second deploy under a running transfer: it ends ready on the versions it began with',
    show: async () => {
      const machine = await machineArn(stage);
      const before = await versionsInDefinition(stage.home.sfn, machine);
      const { film, execution, letGo } = await holdTransfer(stage, machine);
      try {
        await stage.cdk.deploy(stage.home, { ...homeContext(stage), stepMemoryMiB: '640' });
        const deployed = new Date();
        await expectUnderWay(stage, machine, execution, before);
        letGo();
        await expectReady(stage, execution, film);
        await expectOldVersions(stage, execution, before, deployed);
      } finally {
        letGo();
      }
    },
  };
}

interface Held {
  readonly film: Film;
  readonly execution: string;
  readonly letGo: () => void;
}

async function holdTransfer(stage: Stage, machine: string): Promise<Held> {
  const { service, home } = stage;
  const release = Promise.withResolvers<void>();
  service.switches.assetReadyAfterMs = hourMs;
  service.faults.add({ on: 'put', nth: 3, kind: 'meanwhile', act: () => release.promise });
  const film = await putFilm(home.s3, filmBucket, 'second deploy.mp4', sizeMiB);
  const execution = await executionFor(home.sfn, machine, film.key);
  await waitFor('the chunk to be held', 60, async () => {
    return service.faults.pending().length === 0 || undefined;
  });
  const letGo = () => {
    service.switches.assetReadyAfterMs = 0;
    release.resolve();
    const late = service.assets().filter(({ state }) => state === 'processing');
    for (const { assetId } of late) service.makeReady(assetId);
  };
  return { film, execution, letGo };
}

async function expectUnderWay(
  { home: { sfn } }: Stage,
  machine: string,
  execution: string,
  before: readonly string[],
): Promise<void> {
  ok(await isRunning(sfn, execution), 'the transfer had ended before the deployment did');
  const after = await versionsInDefinition(sfn, machine);
  notDeepEqual(after, before, 'the second deployment published no new function version');
  equal(after.length, before.length);
}

async function expectOldVersions(
  { home: { sfn } }: Stage,
  execution: string,
  before: readonly string[],
  deployed: Date,
): Promise<void> {
  const called = await versionsCalled(sfn, execution, deployed);
  ok(called.length > 0, 'no function was called after the deployment');
  deepEqual(
    called.filter((version) => !before.includes(version)),
    [],
  );
}
