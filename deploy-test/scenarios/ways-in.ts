import { equal, match } from 'node:assert/strict';
import type { Check } from '../checks.ts';
import { filmBucket, machineArn, type Stage } from '../deployment.ts';
import { endOf, executionFor, startExecution } from '../executions.ts';
import { putFilm } from '../films.ts';
import { expectReady } from '../readiness.ts';

/** Two chunks and a bit. */
const sizeMiB = 12;

/** The deployed rule starts the deployed machine. */
export function objectCreatedScenario(stage: Stage): Check {
  return {
    name: 'an object put into the bucket becomes a ready asset, SHA-256 equal',
    show: async () => {
      const film = await putFilm(stage.home.s3, filmBucket, 'new/Final match.mp4', sizeMiB);
      const machine = await machineArn(stage);
      await expectReady(stage, await executionFor(stage.home.sfn, machine, film.key), film);
    },
  };
}

/** The smallest input, for an object that was ingested before: only `force` moves it again. */
export function manualStartScenario(stage: Stage): Check {
  return {
    name: 'a manual start with bucket and key makes a ready asset, SHA-256 equal',
    show: async () => {
      const { sfn, s3 } = stage.home;
      const machine = await machineArn(stage);
      const film = await putFilm(s3, filmBucket, 'by hand.mp4', sizeMiB);
      await endOf(sfn, await executionFor(sfn, machine, film.key));
      const again = await startExecution(sfn, machine, { bucket: filmBucket, key: film.key });
      equal((await endOf(sfn, again)).output.status, 'already-ingested');
      const input = { bucket: filmBucket, key: film.key, force: true };
      await expectReady(stage, await startExecution(sfn, machine, input), film);
    },
  };
}

/** The name of a thrown error crosses Lambda and the definition's Catch. */
export function missingObjectScenario(stage: Stage): Check {
  return {
    name: 'a manual start of a key that is not there fails by name',
    show: async () => {
      const input = { bucket: filmBucket, key: 'nobody.mp4' };
      const machine = await machineArn(stage);
      const execution = await startExecution(stage.home.sfn, machine, input);
      const { status, error, cause } = await endOf(stage.home.sfn, execution);
      equal(status, 'FAILED');
      equal(error, 'SourceNotFoundError');
      match(cause ?? '', /nobody\.mp4/);
    },
  };
}

/** What no source names is not read, whoever asks. */
export function unconfiguredBucketScenario(stage: Stage): Check {
  return {
    name: 'a manual start of a bucket that is not configured is refused by name',
    show: async () => {
      const input = { bucket: 'somebody-elses', key: 'film.mp4' };
      const machine = await machineArn(stage);
      const execution = await startExecution(stage.home.sfn, machine, input);
      const { status, error, cause } = await endOf(stage.home.sfn, execution);
      equal(status, 'FAILED');
      equal(error, 'SourceNotConfiguredError');
      match(cause ?? '', /somebody-elses/);
    },
  };
}
