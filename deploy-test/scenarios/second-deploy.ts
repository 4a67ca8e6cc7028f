import { deepEqual, equal, notDeepEqual, ok } from 'node:assert/strict';
import type { Check } from '../checks.ts';
import { filmBucket, type Harness, homeContext, machineArn } from '../deployment.ts';
import { executionFor, isRunning, versionsCalled, versionsInDefinition } from '../executions.ts';
import { type Film, putFilm } from '../films.ts';
import { expectReady } from '../readiness.ts';
import { waitFor } from '../waiting.ts';

/** More than six chunks. */
const sizeMiB = 31;

const hourMs = 3_600_000;

/** Deploys while the transfer is blocked at a chunk, and keeps its asset from becoming ready. */
export function secondDeployScenario(harness: Harness): Check {
  return {
    name: 'after a second deploy, a running transfer ends as ready on the versions it started with',
    run: async () => {
      const machine = await machineArn(harness);
      const before = await versionsInDefinition(harness.home.sfn, machine);
      const { film, execution, release } = await blockTransfer(harness, machine);
      try {
        await harness.cdk.deploy(harness.home, { ...homeContext(harness), stepMemoryMiB: '640' });
        const deployed = new Date();
        await expectRunning(harness, machine, execution, before);
        release();
        await expectReady(harness, execution, film);
        await expectOldVersions(harness, execution, before, deployed);
      } finally {
        release();
      }
    },
  };
}

interface BlockedTransfer {
  readonly film: Film;
  readonly execution: string;
  readonly release: () => void;
}

async function blockTransfer(harness: Harness, machine: string): Promise<BlockedTransfer> {
  const { service, home } = harness;
  const barrier = Promise.withResolvers<void>();
  service.switches.assetReadyAfterMs = hourMs;
  service.faults.add({ on: 'put', nth: 3, kind: 'callback', act: () => barrier.promise });
  const film = await putFilm(home.s3, filmBucket, 'second deploy.mp4', sizeMiB);
  const execution = await executionFor(home.sfn, machine, film.key);
  await waitFor('the chunk to be blocked', 60, async () => {
    return service.faults.pending().length === 0 || undefined;
  });
  const release = () => {
    service.switches.assetReadyAfterMs = 0;
    barrier.resolve();
    const processing = service.assets().filter(({ state }) => state === 'processing');
    for (const { assetId } of processing) service.makeReady(assetId);
  };
  return { film, execution, release };
}

async function expectRunning(
  { home: { sfn } }: Harness,
  machine: string,
  execution: string,
  before: readonly string[],
): Promise<void> {
  ok(await isRunning(sfn, execution), 'the transfer ended before the deployment');
  const after = await versionsInDefinition(sfn, machine);
  notDeepEqual(after, before, 'the second deployment published no new function version');
  equal(after.length, before.length);
}

async function expectOldVersions(
  { home: { sfn } }: Harness,
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
