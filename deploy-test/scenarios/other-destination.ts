import { deepEqual, equal, match, notEqual } from 'node:assert/strict';
import { GetSecretValueCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { startSelfCommunity } from '#local/simulators/selfcommunity/server.ts';
import { startSevenBridges } from '#local/simulators/seven-bridges/server.ts';
import type { Context } from '../cdk.ts';
import type { Check } from '../checks.ts';
import { type Harness, outputOf } from '../deployment.ts';
import { endOf, executionFor } from '../executions.ts';
import { enableEvents, makeBucket, putFilm } from '../films.ts';

/** A further stack, next to the first one, and the service that it sends to. */
interface OtherStack {
  readonly name: string;
  readonly bucket: string;
  readonly context: Context;
  readonly secret: string;
  /** The key and the size of the object that is put into the bucket. */
  readonly key: string;
  readonly sizeMiB: number;
  storedSha256(assetId: string): string;
  close(): Promise<void>;
  /** The secret with the present tokens, if the service ends them. It does that during the first transfer. */
  present?(): string;
}

/** Deploys a second stack, with Seven Bridges as its destination, under the name that the pages use. */
export function sevenBridgesScenario(harness: Harness): Check {
  return {
    name: 'a second stack, for Seven Bridges, moves a new object into the project and passes npm run doctor',
    run: () =>
      withStack(harness, sevenBridges, async () => {
        const doctor = 'npm run doctor -- --stack Genomes';
        match(await harness.terminal.type(doctor, harness.home), /\d+ checks passed, 0 failed/);
      }),
  };
}

/** Deploys another stack, with SelfCommunity as its destination, under the name that the pages use. */
export function selfCommunityScenario(harness: Harness): Check {
  return {
    name: 'a third stack, for SelfCommunity, moves a new image into the community and passes npm run doctor',
    run: () =>
      withStack(harness, selfCommunity, async () => {
        const doctor = 'npm run doctor -- --stack Community';
        match(await harness.terminal.type(doctor, harness.home), /\d+ checks passed, 0 failed/);
      }),
  };
}

async function selfCommunity(): Promise<OtherStack> {
  const service = await startSelfCommunity({ rotatesRefreshToken: true });
  const secret = service.secret();
  service.faults.add({ on: 'chunk', nth: 2, kind: 'expire-token' });
  return {
    ...{ name: 'Community', bucket: 'my-pictures', key: 'news/photo.jpg', sizeMiB: 4 },
    context: { destination: 'selfcommunity', baseUrl: service.baseUrl },
    secret,
    present: service.secret,
    storedSha256: (id) => service.storedSha256(id),
    close: () => service.close(),
  };
}

async function sevenBridges(): Promise<OtherStack> {
  const service = await startSevenBridges();
  return {
    ...{ name: 'Genomes', bucket: 'my-genomes', key: 'runs/reads.mp4', sizeMiB: 12 },
    context: {
      destination: 'seven-bridges',
      destinationProject: service.project,
      destinationFolders: 'key',
      baseUrl: service.baseUrl,
    },
    secret: service.token,
    storedSha256: (id) => service.storedSha256(id),
    close: () => service.close(),
  };
}

async function withStack(
  harness: Harness,
  start: () => Promise<OtherStack>,
  more = async () => {},
): Promise<void> {
  const stack = await start();
  try {
    await deploy(harness, stack);
    await expectArrived(harness, stack);
    await expectPresentSecret(harness, stack);
    await more();
  } finally {
    await stack.close();
  }
}

async function deploy({ cdk, home }: Harness, stack: OtherStack): Promise<void> {
  const { name, bucket, context, secret } = stack;
  await makeBucket(home, bucket);
  await cdk.deploy(home, { stackName: name, sourceBuckets: bucket, ...context });
  const SecretId = await outputOf(home, name, 'SecretArn');
  await home.secrets.send(new PutSecretValueCommand({ SecretId, SecretString: secret }));
  await enableEvents(home, bucket);
}

/** The functions have stored the tokens that a refresh returned. */
async function expectPresentSecret({ home }: Harness, stack: OtherStack): Promise<void> {
  if (!stack.present) return;
  const SecretId = await outputOf(home, stack.name, 'SecretArn');
  const { SecretString = '' } = await home.secrets.send(new GetSecretValueCommand({ SecretId }));
  notEqual(stack.present(), stack.secret);
  deepEqual(JSON.parse(SecretString), JSON.parse(stack.present()));
}

async function expectArrived({ home }: Harness, stack: OtherStack): Promise<void> {
  const film = await putFilm(home.s3, stack.bucket, stack.key, stack.sizeMiB);
  const machine = await outputOf(home, stack.name, 'StateMachineArn');
  const execution = await executionFor(home.sfn, machine, film.key);
  const { status, error, cause, output } = await endOf(home.sfn, execution);
  equal(status, 'SUCCEEDED', `the execution ended ${status}: ${error}: ${cause}`);
  equal(stack.storedSha256(String(output.assetId)), film.sha256);
}
