import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startDynamoDb } from '#local/emulators/dynamodb.ts';
import { localClientConfig } from '#local/emulators/local-account.ts';
import { defaultStateHome } from '#local/ingest/state-home.ts';
import { isTransferError } from '#src/core/errors/transfer-error.ts';
import { type Context, type Environment, printNote } from '../context.ts';
import type { PlaceFlags } from '../options.ts';
import { openTransferTable, type TransferTable } from './transfer-table.ts';

/** The name of the one table in the folder of a content. */
const tableName = 'transfers';

/** Returns the folder with the proofs of all local runs. */
export function stateHomeOf({ stateDir }: PlaceFlags, env: Environment): string {
  return stateDir ?? defaultStateHome(env);
}

/** Opens the table of each content in turn. A table that a run uses now is named and left out. */
export async function* openLocalTables(
  folder: string,
  context: Context,
): AsyncGenerator<TransferTable> {
  for (const content of await contentsIn(folder)) {
    const emulator = await startDynamoDb({ directory: join(folder, content, 'table') }).catch(
      (error: unknown) => noteSkipped(error, context),
    );
    if (!emulator) continue;
    try {
      yield openTransferTable(localClientConfig(emulator.url), tableName, context.clock);
    } finally {
      await emulator.close();
    }
  }
}

function noteSkipped(error: unknown, context: Context): undefined {
  if (!isTransferError(error) || !error.message.includes('in use')) throw error;
  printNote(context, `A local run is under way: ${error.message}.`);
}

/** Returns the folders of contents. The folder `hashes` holds none. */
async function contentsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  const folders = entries.filter((entry) => entry.isDirectory() && entry.name !== 'hashes');
  return folders.map(({ name }) => name).sort();
}
