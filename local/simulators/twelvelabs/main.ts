import { createInterface } from 'node:readline';
import { Command, InvalidArgumentError, Option } from 'commander';
import { startTwelveLabs } from './server.ts';
import type { TwelveLabsSimulator } from './simulator.ts';
import type { StoreMode } from './storage.ts';

interface Flags {
  readonly store: StoreMode;
  readonly chunkSize?: number;
  readonly assetReadyMs?: number;
  readonly singleUse: boolean;
}

function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    if (/^\d+$/.test(text) && Number(text) >= least) return Number(text);
    throw new InvalidArgumentError(`A whole number of at least ${least} would be right.`);
  };
}

function readFlags(): Flags {
  return new Command('twelvelabs-simulator')
    .description('Runs a TwelveLabs on loopback and prints its addresses as one line of JSON.')
    .addOption(
      new Option('--store <where>', 'where bytes go')
        .choices(['file', 'memory', 'discard'])
        .default('file'),
    )
    .option('--chunk-size <bytes>', 'size of every chunk', wholeNumber(1))
    .option('--asset-ready-ms <ms>', 'how long an asset is processing', wholeNumber(0))
    .option('--no-single-use', 'let a presigned URL be used again')
    .parse()
    .opts<Flags>();
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Each line on stdin is a question: `counts` prints requests by operation, `clear` forgets them. */
function answerQuestions(simulator: TwelveLabsSimulator): void {
  createInterface({ input: process.stdin }).on('line', (line) => {
    if (line === 'clear') simulator.calls.clear();
    if (line === 'counts' || line === 'clear') print(simulator.calls.counts());
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
answerQuestions(simulator);
const { baseUrl, uploadOrigin, apiKey } = simulator;
print({ baseUrl, uploadOrigin, apiKey });
