import { equal, match } from 'node:assert/strict';
import type { Check } from '../checks.ts';
import { filmBucket, type Harness, machineArn } from '../deployment.ts';
import { endOf, executionFor, startExecution } from '../executions.ts';
import { putFilm } from '../films.ts';
import { expectReady } from '../readiness.ts';

/** More than two chunks. */
const sizeMiB = 12;

/** The deployed rule starts the deployed state machine. */
export function objectCreatedScenario(harness: Harness): Check {
  return {
    name: 'a new object in the bucket becomes a ready asset with an equal SHA-256',
    run: async () => {
      const film = await putFilm(harness.home.s3, filmBucket, 'new/Final match.mp4', sizeMiB);
      const machine = await machineArn(harness);
      await expectReady(harness, await executionFor(harness.home.sfn, machine, film.key), film);
    },
  };
}

/** Starts with the smallest input for an ingested object. Only `force` moves it again. */
export function manualStartScenario(harness: Harness): Check {
  return {
    name: 'a manual start with bucket and key creates a ready asset with an equal SHA-256',
    run: async () => {
      const { sfn, s3 } = harness.home;
      const machine = await machineArn(harness);
      const film = await putFilm(s3, filmBucket, 'by hand.mp4', sizeMiB);
      await endOf(sfn, await executionFor(sfn, machine, film.key));
      const again = await startExecution(sfn, machine, { bucket: filmBucket, key: film.key });
      equal((await endOf(sfn, again)).output.status, 'already-ingested');
      const input = { bucket: filmBucket, key: film.key, force: true };
      await expectReady(harness, await startExecution(sfn, machine, input), film);
    },
  };
}

/** The name of a thrown error passes through Lambda and the definition's Catch. */
export function missingObjectScenario(harness: Harness): Check {
  return {
    name: 'a manual start with a missing key fails with SourceNotFoundError',
    run: async () => {
      const input = { bucket: filmBucket, key: 'missing.mp4' };
      const machine = await machineArn(harness);
      const execution = await startExecution(harness.home.sfn, machine, input);
      const { status, error, cause } = await endOf(harness.home.sfn, execution);
      equal(status, 'FAILED');
      equal(error, 'SourceNotFoundError');
      match(cause ?? '', /missing\.mp4/);
    },
  };
}

/** A bucket that is not a source is not read. */
export function unconfiguredBucketScenario(harness: Harness): Check {
  return {
    name: 'a manual start with an unconfigured bucket fails with SourceNotConfiguredError',
    run: async () => {
      const input = { bucket: 'other-bucket', key: 'film.mp4' };
      const machine = await machineArn(harness);
      const execution = await startExecution(harness.home.sfn, machine, input);
      const { status, error, cause } = await endOf(harness.home.sfn, execution);
      equal(status, 'FAILED');
      equal(error, 'SourceNotConfiguredError');
      match(cause ?? '', /other-bucket/);
    },
  };
}
