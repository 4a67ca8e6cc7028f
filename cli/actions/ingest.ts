import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import type { Command } from 'commander';
import { chosenDestination } from '#local/commands/destination-options.ts';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import { errorIn } from '../describe-error.ts';
import { statOf } from '../existing-path.ts';
import type { Ending } from '../exit-codes.ts';
import type { Argument, IngestFlags } from '../ingest/ingest-flags.ts';
import { listText, sourcesOf } from '../ingest/list-lines.ts';

export async function ingest(
  named: readonly string[],
  flags: IngestFlags,
  command: Command,
  context: Context,
): Promise<Ending> {
  const lines = await readList(flags, context);
  const isLiteral = Boolean(flags.raw);
  const sources = [...named.map((text) => ({ text, isLiteral })), ...lines];
  if (areUrls(sources) && !flags.local) {
    const { ingestObjects } = await import('../ingest/ingest-objects.ts');
    return ingestObjects(sources, flags, command, context);
  }
  try {
    const destination = chosenDestination({ ...flags });
    // A local run loads no clients of the stack, and starts sooner.
    const { ingestFiles } = await import('../ingest/ingest-files.ts');
    return await ingestFiles(sources, flags, { command, destination, context });
  } catch (error) {
    throw errorIn('local', error);
  }
}

/**
 * Returns whether all sources are at S3.
 * @throws CommandError - no source, or sources of both kinds
 */
function areUrls(sources: readonly Argument[]): boolean {
  if (sources.length === 0)
    throw new CommandError('usage', 'Missing source: name s3://bucket/key, a file or a folder.');
  const urls = sources.filter(({ text: one }) => one.startsWith('s3://'));
  if (urls.length === 0 || urls.length === sources.length) return urls.length > 0;
  throw new CommandError(
    'usage',
    `Invalid sources: ${JSON.stringify(urls[0]?.text)} is at S3 and others are files. Use one call for each kind.`,
  );
}

/** Returns the sources of the list. Empty lines are left out. */
async function readList({ list }: IngestFlags, { io }: Context): Promise<Argument[]> {
  if (list === undefined) return [];
  return sourcesOf(listText(list === '-' ? await buffer(io.stdin) : readListFile(list)));
}

/** A read of a folder fails without its name. */
function readListFile(list: string): Uint8Array {
  if (!statOf(list)?.isDirectory()) return readFileSync(list);
  throw new CommandError(
    'usage',
    `Invalid --list ${JSON.stringify(list)}: it is a folder. Name a file with one source a line.`,
  );
}
