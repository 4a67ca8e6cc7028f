import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { ClassicLevel } from 'classic-level';
import dynalite from 'dynalite';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { localClientConfig } from './local-account.ts';
import { closeServer, type Emulator, listenOnLoopback } from './loopback.ts';

export interface DynamoDbOptions {
  /** Folder for the rows. Default: in memory. */
  readonly directory?: string | undefined;
  /** A table to create unless it exists. */
  readonly table?: CreateTableCommandInput | undefined;
}

/**
 * Starts dynalite. Only one emulator can use a directory. The system releases it when the process ends.
 * @throws ConfigurationError - the directory is in use or not writable
 */
export async function startDynamoDb(options: DynamoDbOptions = {}): Promise<Emulator> {
  const { directory, table } = options;
  const lock = directory === undefined ? undefined : await lockDirectory(directory);
  const server = dynalite({
    createTableMs: 0,
    ...(directory === undefined ? {} : { path: join(directory, 'rows') }),
  });
  const url = await listenOnLoopback(server);
  const close = async () => {
    await closeServer(server);
    await lock?.close();
  };
  try {
    if (table) await ensureTable(url, table);
  } catch (error) {
    await close();
    throw error;
  }
  return { url, close };
}

/**
 * Locks a directory with a second LevelDB, which has the same lock as dynalite's own. dynalite finds a
 * locked directory only at its first request, with an error that cannot be caught.
 */
async function lockDirectory(directory: string): Promise<ClassicLevel> {
  const lock = new ClassicLevel(join(directory, 'lock'));
  try {
    await mkdir(directory, { recursive: true });
    await lock.open();
    return lock;
  } catch (cause) {
    const reason = (cause as { cause?: { code?: unknown } }).cause?.code;
    throw new TransferError(
      'ConfigurationError',
      reason === 'LEVEL_LOCKED'
        ? `Directory ${directory} is in use: another run is using it. Wait for it to end, or name another directory`
        : `Invalid directory ${directory}: must be writable`,
      { cause },
    );
  }
}

async function ensureTable(url: string, table: CreateTableCommandInput): Promise<void> {
  const client = new DynamoDBClient(localClientConfig(url));
  try {
    await client.send(new CreateTableCommand(table));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  const polls = { client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 };
  await waitUntilTableExists(polls, { TableName: table.TableName });
  client.destroy();
}
