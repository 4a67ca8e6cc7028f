import { equal } from 'node:assert/strict';
import type { Harness } from './deployment.ts';
import { endOf } from './executions.ts';
import type { Film } from './films.ts';

/** @throws Error - the execution did not end as ready, or the arrived bytes differ from the film */
export async function expectReady(
  harness: Harness,
  executionArn: string,
  film: Film,
): Promise<void> {
  const { status, error, cause, output } = await endOf(harness.home.sfn, executionArn);
  equal(status, 'SUCCEEDED', `the execution ended ${status}: ${error}: ${cause}`);
  equal(output.status, 'ready', `the execution's output is ${JSON.stringify(output)}`);
  equal(output.key, film.key);
  const arrived = await harness.service.storedSha256(String(output.assetId));
  equal(arrived, film.sha256, 'the SHA-256 of the arrived bytes differs');
}
