import { CommandError } from '../command-error.ts';
import type { IngestFlags } from './ingest-flags.ts';

/** @throws CommandError - `--filename` names several sources */
export function assertOneFilename({ filename }: IngestFlags, count: number): void {
  if (filename === undefined || count <= 1) return;
  throw new CommandError(
    'usage',
    `Invalid --filename ${JSON.stringify(filename)}: ${count} sources cannot share it. Name one source.`,
  );
}
