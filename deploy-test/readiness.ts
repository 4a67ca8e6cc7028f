import { equal } from 'node:assert/strict';
import type { Stage } from './deployment.ts';
import { endOf } from './executions.ts';
import type { Film } from './films.ts';

/** @throws Error - the execution did not end ready, or other bytes arrived than the film has */
export async function expectReady(stage: Stage, executionArn: string, film: Film): Promise<void> {
  const { status, error, cause, output } = await endOf(stage.home.sfn, executionArn);
  equal(status, 'SUCCEEDED', `the execution ended ${status}: ${error}: ${cause}`);
  equal(output.status, 'ready', `the execution's output is ${JSON.stringify(output)}`);
  equal(output.key, film.key);
  const arrived = await stage.service.storedSha256(String(output.assetId));
  equal(arrived, film.sha256, 'the SHA-256 of what arrived differs');
}
