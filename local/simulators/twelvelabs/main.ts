import { createInterface } from 'node:readline';
import { Command, InvalidArgumentError, Option } from 'commander';
import { startTwelveLabs } from './server.ts';
import type { TwelveLabsSimulator } from './simulator.ts';
import type { StoreMode } from './storage/chunk-storage.ts';

interface Flags {
  readonly store: StoreMode;
  readonly chunkSize?: number;
  readonly assetReadyMs?: number;
  readonly singleUse: boolean;
}

function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    if (/^\d+$/.test(text) && Number(text) >= least) return Number(text);
    throw new InvalidArgumentError(`Must be a whole number of at least ${least}.`);
  };
}

function readFlags(): Flags {
  return new Command('twelvelabs-simulator')
    .description(
      'Runs a simulated TwelveLabs on loopback. Prints its addresses as one line of JSON.',
    )
    .addOption(
      new Option('--store <where>', 'where the bytes of chunks are stored')
        .choices(['file', 'memory', 'discard'])
        .default('file'),
    )
    .option('--chunk-size <bytes>', 'size of every chunk', wholeNumber(1))
    .option('--asset-ready-ms <ms>', 'processing time of an asset', wholeNumber(0))
    .option('--no-single-use', 'accept a presigned URL more than once')
    .parse()
    .opts<Flags>();
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Reads commands from stdin, one a line: `counts` prints requests by operation, `clear` resets them. */
function readCommands(simulator: TwelveLabsSimulator): void {
  createInterface({ input: process.stdin }).on('line', (line) => {
    if (line === 'clear') simulator.calls.clear();
    if (line === 'counts' || line === 'clear') printJson(simulator.calls.counts());
  });
}

const flags = readFlags();
const simulator = await startTwelveLabs({
  store: flags.store,
  ...(flags.chunkSize !== undefined && { chunkSizeBytes: flags.chunkSize }),
  ...(flags.assetReadyMs !== undefined && { assetReadyAfterMs: flags.assetReadyMs }),
  ...(!flags.singleUse && { singleUse: 'off' }),
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void simulator.close().then(() => process.exit(0)));
}
readCommands(simulator);
const { baseUrl, uploadOrigin, apiKey } = simulator;
printJson({ baseUrl, uploadOrigin, apiKey });
