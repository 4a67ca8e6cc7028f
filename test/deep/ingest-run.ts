import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TwelveLabsSimulator } from '#local/simulators/twelvelabs/simulator.ts';
import { type Ended, startCommand } from '../commands/run-command.ts';

/** One `npm run ingest` in its own process, with an empty state folder. */
export interface IngestRun {
  /** Resolves when the process has ended. */
  readonly ended: Promise<Ended>;
  /** Kills the process if it runs, and removes its state. */
  stop(): Promise<void>;
}

const running = new Set<() => void>();

// Kills the children at the end of the test process.
process.once('exit', killAll);
for (const [signal, code] of [['SIGINT', 130] as const, ['SIGTERM', 143] as const]) {
  process.once(signal, () => process.exit(code));
}

/** Starts the ingest of a file into the simulator at `baseUrl`. */
export async function startIngest(
  file: string,
  folder: string,
  { apiKey, baseUrl }: Pick<TwelveLabsSimulator, 'apiKey' | 'baseUrl'>,
): Promise<IngestRun> {
  const state = await mkdtemp(join(folder, 'state-'));
  const { child, ended } = startCommand('ingest', [file, '--json', '--state-dir', state], {
    TWELVE_LABS_API_KEY: apiKey,
    TWELVELABS_BASE_URL: baseUrl,
  });
  const kill = () => void child.kill('SIGKILL');
  running.add(kill);
  void ended.then(() => running.delete(kill));
  return {
    ended,
    async stop() {
      kill();
      await ended;
      await rm(state, { recursive: true, force: true });
    },
  };
}

function killAll(): void {
  for (const kill of running) kill();
}
