import { match } from 'node:assert/strict';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { installApp, packTarball } from '../../packaging/installed-app.ts';
import type { Check } from '../checks.ts';
import { filmBucket, type Harness, outputOf, putApiKey, typeAtHome } from '../deployment.ts';
import { executionFor } from '../executions.ts';
import { enableEvents, makeBucket, putFilm } from '../films.ts';
import { expectReady } from '../readiness.ts';
import { deployExport, removeStack } from './exported.ts';

/** The bucket of the user's own app. */
const appBucket = 'app-films';

/** The stack of the app that `cdk init` makes. */
const appStack = 'AppStack';

/** More than two chunks. */
const sizeMiB = 12;

/** The checks of the packed package, as a user has it. The first one installs it for all. */
export function installedScenarios(harness: Harness): Check[] {
  const app = join(harness.paths.scratch, 'app');
  const folder = join(harness.paths.scratch, 'without-app');
  return [
    installScenario(app, folder),
    appScenario(harness, app),
    deployScenario(harness, folder),
    sameAppScenario(harness, folder),
    exportScenario(harness, folder),
  ];
}

/**
 * Needs the npm registry.
 * @param folder - has the packages too, but no cdk.json, whose context would change the stack
 */
function installScenario(app: string, folder: string): Check {
  return {
    name: 'the packed package is installed into an app that cdk init makes',
    run: async () => {
      await install(app);
      await mkdir(folder);
      await symlink(join(app, 'node_modules'), join(folder, 'node_modules'));
    },
  };
}

function appScenario(harness: Harness, app: string): Check {
  const { home, service, cdk } = harness;
  return {
    name: 'the app with the installed package is deployed, and moves an object',
    run: async () => {
      await makeBucket(home, appBucket);
      await writeFile(join(app, 'lib/app-stack.ts'), stackOfUser(service.baseUrl));
      await cdk.deployApp(home, app);
      const SecretId = await outputOf(home, appStack, 'SecretArn');
      await home.secrets.send(
        new PutSecretValueCommand({ SecretId, SecretString: service.apiKey }),
      );
      await enableEvents(home, appBucket);
      await expectMoved(harness, appStack, appBucket, 'app/film.mp4');
    },
  };
}

/** Needs the name of the removed stack. */
function deployScenario(harness: Harness, folder: string): Check {
  return {
    name: "the page's chunkferry deploy creates the stack from the installed package, and it moves an object",
    run: async () => {
      const more = `${baseUrlOption(harness)} --yes`;
      await typeAtHome(harness, 'npx chunkferry deploy --source-bucket my-videos', {
        folder,
        more,
      });
      await putApiKey(harness);
      await expectMoved(harness, 'Chunkferry', filmBucket, 'deployed/film.mp4');
    },
  };
}

function sameAppScenario(harness: Harness, folder: string): Check {
  return {
    name: "the page's cdk deploy of chunkferry app finds nothing to change in the stack of chunkferry deploy",
    run: async () => {
      const line = 'npx cdk deploy --app "npx -y chunkferry app" -c sourceBuckets=my-videos';
      match(await typeAtHome(harness, line, { folder }), /Chunkferry \(no changes\)/);
    },
  };
}

/** Removes the stack first: the exported one has the same name. */
function exportScenario(harness: Harness, folder: string): Check {
  return {
    name: 'the stack that chunkferry export writes is created by the commands of its README, and moves an object',
    run: async () => {
      await removeStack(harness.home, 'Chunkferry');
      const line = 'npx chunkferry export --out chunkferry-stack --source-bucket my-videos';
      await typeAtHome(harness, line, { folder, more: baseUrlOption(harness) });
      await deployExport(harness, join(folder, 'chunkferry-stack'));
      await putApiKey(harness);
      await expectMoved(harness, 'Chunkferry', filmBucket, 'exported/film.mp4');
    },
  };
}

function baseUrlOption({ service }: Harness): string {
  return `-c baseUrl=${service.baseUrl}`;
}

async function install(app: string): Promise<void> {
  const { folder, tarball } = await packTarball();
  try {
    // The first is what chunkferry deploy names if it is missing, the second is what npx cdk runs.
    await installApp(app, tarball, ['@aws-cdk/toolkit-lib', 'aws-cdk']);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function expectMoved(
  harness: Harness,
  stack: string,
  bucket: string,
  key: string,
): Promise<void> {
  const { home } = harness;
  const film = await putFilm(home.s3, bucket, key, sizeMiB);
  const machine = await outputOf(home, stack, 'StateMachineArn');
  await expectReady(harness, await executionFor(home.sfn, machine, key), film);
}

function stackOfUser(baseUrl: string): string {
  return `
import * as cdk from 'aws-cdk-lib';
import { Chunkferry } from 'chunkferry';
import type { Construct } from 'constructs';

export class ${appStack} extends cdk.Stack {
  constructor(scope: Construct, id: string, props?: cdk.StackProps) {
    super(scope, id, props);
    const { stateMachine, apiKeySecret } = new Chunkferry(this, 'Chunkferry', {
      destination: { kind: 'twelvelabs', baseUrl: '${baseUrl}' },
      sources: [{ bucket: '${appBucket}' }],
    });
    new cdk.CfnOutput(this, 'StateMachineArn', { value: stateMachine.stateMachineArn });
    new cdk.CfnOutput(this, 'SecretArn', { value: apiKeySecret.secretArn });
  }
}
`;
}
