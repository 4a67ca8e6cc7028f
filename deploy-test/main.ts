import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import { openAccount } from './account.ts';
import { Cdk } from './cdk.ts';
import { Checks } from './checks.ts';
import { filmBucket, type Harness, machineArn, outputOf } from './deployment.ts';
import { startEmulator } from './emulator.ts';
import { readOptions } from './options.ts';
import { Terminal } from './pages/terminal.ts';
import { createPaths, type Paths, removeScratch } from './paths.ts';
import { Processes } from './processes.ts';
import { preparePython } from './python.ts';
import { before, deployment, scenarios } from './scenarios/all.ts';
import { usageOf } from './usage.ts';

/**
 * Deploys to a local AWS emulator and checks the deployed stacks. With `--keep`, only deploys and runs
 * the emulator until Ctrl-C.
 */

/** The exit code after a signal. */
const interrupted = 130;

const processes = new Processes();
const checks = new Checks();
const paths = await createPaths();

process.once('exit', () => processes.killAll());
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => {
    checks.isSilent = true;
    void close(paths).finally(() => process.exit(interrupted));
  });
}

const code = await deployTest(paths, process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 1;
});
await close(paths);
// Keep-alive sockets of the clients would delay the end of the process.
process.exit(checks.isSilent ? interrupted : code);

/** Runs the test and returns the exit code: 0 also if Python or its packages are not available. */
async function deployTest(paths: Paths, args: readonly string[]): Promise<number> {
  const { keep } = readOptions(args);
  const python = await preparePython(processes, paths);
  if ('missing' in python) {
    console.log(`deploy test skipped: ${python.missing}`);
    return 0;
  }
  const harness = await openHarness(paths, python.bin);
  if (keep) return keepRunning(harness);
  for (const check of before(harness)) await checks.run(check);
  const rest = scenarios(harness);
  if (await checks.run(deployment(harness))) for (const check of rest) await checks.run(check);
  else checks.skip(rest, 'Not run: the deployment failed.');
  checks.summarize();
  return checks.failed === 0 ? 0 : 1;
}

/** Deploys and waits for a signal. Returns the exit code only if the deployment failed. */
async function keepRunning(harness: Harness): Promise<number> {
  const { paths, emulator, home, service } = harness;
  if (!(await checks.run(deployment(harness)))) return 1;
  const usage = usageOf({
    root: paths.root,
    url: emulator.url,
    home,
    bucket: filmBucket,
    stateMachineArn: await machineArn(harness),
    tableName: await outputOf(home, 'Chunkferry', 'TableName'),
    service: service.baseUrl,
  });
  console.log(`\n${usage}`);
  return new Promise(() => {});
}

async function openHarness(paths: Paths, bin: string): Promise<Harness> {
  const service = await startTwelveLabs({ directory: paths.scratch });
  const emulator = await startEmulator(processes, paths, bin);
  return {
    paths,
    processes,
    bin,
    emulator,
    service,
    cdk: new Cdk(processes, paths),
    terminal: await Terminal.open(processes, paths, bin),
    home: openAccount(emulator, '111111111111', 'eu-central-1'),
    source: openAccount(emulator, '222222222222', 'eu-west-1'),
  };
}

async function close(paths: Paths): Promise<void> {
  await processes.endAll();
  await removeScratch(paths);
}
