import { equal } from 'node:assert/strict';
import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import type { Check } from '../checks.ts';
import { filmBucket, type Harness, machineArn } from '../deployment.ts';
import { executionFor, startExecution } from '../executions.ts';
import { putFilm } from '../films.ts';
import { expectReady } from '../readiness.ts';
import { transferOf } from '../rows.ts';
import { waitFor } from '../waiting.ts';

/** More than six chunks. */
const sizeMiB = 31;

/** No Catch handles a stopped execution: the deployed rule calls the reconciler, which writes the row. */
export function abortedScenario(harness: Harness): Check {
  return {
    name: 'a stopped execution becomes a cancelled transfer, and a new execution continues from its chunks',
    run: async () => {
      const { home, service } = harness;
      const machine = await machineArn(harness);
      const release = Promise.withResolvers<void>();
      service.faults.add({ on: 'put', nth: 5, kind: 'callback', act: () => release.promise });
      const film = await putFilm(home.s3, filmBucket, 'aborted.mp4', sizeMiB);
      const executionArn = await executionFor(home.sfn, machine, film.key);
      await waitFor('the chunk to be blocked', 60, async () => {
        return service.faults.pending().length === 0 || undefined;
      });
      await home.sfn.send(new StopExecutionCommand({ executionArn }));
      const row = await waitFor('the transfer to be cancelled', 90, async () => {
        const found = await transferOf(harness, film.key);
        return found?.state === 'cancelled' ? found : undefined;
      });
      release.resolve();
      equal(row.outcome?.status, 'cancelled');
      const input = { bucket: filmBucket, key: film.key };
      await expectReady(harness, await startExecution(home.sfn, machine, input), film);
    },
  };
}
