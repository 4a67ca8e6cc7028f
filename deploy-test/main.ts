import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import { openAccount } from './account.ts';
import { Cdk } from './cdk.ts';
import { Checks } from './checks.ts';
import { filmBucket, machineArn, outputOf, type Stage } from './deployment.ts';
import { startEmulator } from './emulator.ts';
import { readOptions } from './options.ts';
import { Terminal } from './pages/terminal.ts';
import { closePlaces, openPlaces, type Places } from './places.ts';
import { Processes } from './processes.ts';
import { preparePython } from './python.ts';
import { before, deployment, scenarios } from './scenarios/all.ts';
import { usageOf } from './usage.ts';

/**
 * Deploys to a local AWS emulator and shows what the deployed stacks do. With `--keep` it only deploys,
 * and leaves the emulator up until Ctrl-C.
 */

/** The exit code of what a signal ended. */
const interrupted = 130;

const processes = new Processes();
const checks = new Checks();
const places = await openPlaces();

process.once('exit', () => processes.killAll());
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => {
    checks.silent = true;
    void close(places).finally(() => process.exit(interrupted));
  });
}

const code = await deployTest(places, process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 1;
});
await close(places);
// Sockets that clients keep alive would hold the process for a while.
process.exit(checks.silent ? interrupted : code);

/** The exit code. Where Python or its packages are not to be had, nothing is claimed and it is 0. */
async function deployTest(places: Places, args: readonly string[]): Promise<number> {
  const { keep } = readOptions(args);
  const python = await preparePython(processes, places);
  if ('missing' in python) {
    console.log(`deploy test skipped: ${python.missing}`);
    return 0;
  }
  const stage = await setStage(places, python.bin);
  if (keep) return keepUp(stage);
  for (const check of before(stage)) await checks.run(check);
  const rest = scenarios(stage);
  if (await checks.run(deployment(stage))) for (const check of rest) await checks.run(check);
  else checks.leaveOut(rest, 'not tried: nothing was deployed');
  checks.summarize();
  return checks.failed === 0 ? 0 : 1;
}

/** Ends with the process: a signal is the only way out. The exit code where nothing was deployed. */
async function keepUp(stage: Stage): Promise<number> {
  const { places, emulator, home, service } = stage;
  if (!(await checks.run(deployment(stage)))) return 1;
  const usage = usageOf({
    root: places.root,
    url: emulator.url,
    home,
    bucket: filmBucket,
    stateMachineArn: await machineArn(stage),
    tableName: await outputOf(home, 'Chunkferry', 'TableName'),
    service: service.baseUrl,
  });
  console.log(`\n${usage}`);
  return new Promise(() => {});
}

async function setStage(places: Places, bin: string): Promise<Stage> {
  const service = await startTwelveLabs({ directory: places.scratch });
  const emulator = await startEmulator(processes, places, bin);
  return {
    places,
    processes,
    bin,
    emulator,
    service,
    cdk: new Cdk(processes, places),
    terminal: await Terminal.open(processes, places, bin),
    home: openAccount(emulator, '111111111111', 'eu-central-1'),
    source: openAccount(emulator, '222222222222', 'eu-west-1'),
  };
}

async function close(places: Places): Promise<void> {
  await processes.endAll();
  await closePlaces(places);
}
