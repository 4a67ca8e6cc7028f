import { equal } from 'node:assert/strict';
import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import type { Check } from '../checks.ts';
import { filmBucket, machineArn, type Stage } from '../deployment.ts';
import { executionFor, startExecution } from '../executions.ts';
import { putFilm } from '../films.ts';
import { expectReady } from '../readiness.ts';
import { transferOf } from '../rows.ts';
import { waitFor } from '../waiting.ts';

/** Six chunks and a bit. */
const sizeMiB = 31;

/** What no Catch sees: the deployed rule calls the deployed reconciler, which writes the row. */
export function abortedScenario(stage: Stage): Check {
  return {
    name: 'an execution that is stopped becomes a cancelled transfer, and a new one goes on from its chunks',
    show: async () => {
      const { home, service } = stage;
      const machine = await machineArn(stage);
      const release = Promise.withResolvers<void>();
      service.faults.add({ on: 'put', nth: 5, kind: 'meanwhile', act: () => release.promise });
      const film = await putFilm(home.s3, filmBucket, 'aborted.mp4', sizeMiB);
      const executionArn = await executionFor(home.sfn, machine, film.key);
      await waitFor('the chunk to be held', 60, async () => {
        return service.faults.pending().length === 0 || undefined;
      });
      await home.sfn.send(new StopExecutionCommand({ executionArn }));
      const row = await waitFor('the transfer to be settled', 90, async () => {
        const found = await transferOf(stage, film.key);
        return found?.state === 'cancelled' ? found : undefined;
      });
      release.resolve();
      equal(row.outcome?.status, 'cancelled');
      const input = { bucket: filmBucket, key: film.key };
      await expectReady(stage, await startExecution(home.sfn, machine, input), film);
    },
  };
}
