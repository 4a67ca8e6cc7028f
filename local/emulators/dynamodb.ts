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
import { TransferError } from '#src/core/errors/errors.ts';
import { localClientConfig } from './local-account.ts';
import { closeServer, type Emulator, listenOnLoopback } from './loopback.ts';

export interface DynamoDbOptions {
  /** Where to keep the rows; in memory where left out. */
  readonly directory?: string | undefined;
  /** A table to create unless it is there. */
  readonly table?: CreateTableCommandInput | undefined;
}

/**
 * Starts dynalite. A directory belongs to one emulator at a time; the system frees it when its
 * process ends, however that happens.
 * @throws ConfigurationError - the directory is in use, or can't be written
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
 * dynalite itself meets a directory in use only at its first request, with an error that nothing can
 * catch. A second LevelDB beside its own, held open, has the same lock and can be asked beforehand.
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
        ? `another run is using ${directory}; wait for it to end or name another directory`
        : `the table can't be kept in ${directory}; a directory that can be written is right`,
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
