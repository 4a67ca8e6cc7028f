import { equal, match } from 'node:assert/strict';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import {
  type SevenBridgesSimulator,
  startSevenBridges,
} from '#local/simulators/seven-bridges/server.ts';
import type { Check } from '../checks.ts';
import { type Harness, outputOf } from '../deployment.ts';
import { endOf, executionFor } from '../executions.ts';
import { enableEvents, makeBucket, putFilm } from '../films.ts';

/** The bucket and the stack of the pages about another destination. */
const bucket = 'my-genomes';
const stack = 'Genomes';

/** Deploys a second stack, next to the first one, with Seven Bridges as its destination. */
export function sevenBridgesScenario(harness: Harness): Check {
  return {
    name: 'a second stack, for Seven Bridges, moves a new object into the project and passes npm run doctor',
    run: async () => {
      const service = await startSevenBridges();
      try {
        await deploy(harness, service);
        await expectFile(harness, service);
        const doctor = 'npm run doctor -- --stack Genomes';
        match(await harness.terminal.type(doctor, harness.home), /\d+ checks passed, 0 failed/);
      } finally {
        await service.close();
      }
    },
  };
}

async function deploy({ cdk, home }: Harness, service: SevenBridgesSimulator): Promise<void> {
  await makeBucket(home, bucket);
  await cdk.deploy(home, {
    stackName: stack,
    sourceBuckets: bucket,
    destination: 'seven-bridges',
    destinationProject: service.project,
    destinationFolders: 'key',
    baseUrl: service.baseUrl,
  });
  const SecretId = await outputOf(home, stack, 'SecretArn');
  await home.secrets.send(new PutSecretValueCommand({ SecretId, SecretString: service.token }));
  await enableEvents(home, bucket);
}

async function expectFile({ home }: Harness, service: SevenBridgesSimulator): Promise<void> {
  const film = await putFilm(home.s3, bucket, 'runs/reads.mp4', 12);
  const machine = await outputOf(home, stack, 'StateMachineArn');
  const execution = await executionFor(home.sfn, machine, film.key);
  const { status, error, cause, output } = await endOf(home.sfn, execution);
  equal(status, 'SUCCEEDED', `the execution ended ${status}: ${error}: ${cause}`);
  const file = service.entries().find(({ id }) => id === output.assetId);
  equal(file?.name, 'reads.mp4');
  equal(service.storedSha256(String(output.assetId)), film.sha256);
}
