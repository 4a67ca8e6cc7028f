import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';

/** Where the bytes of chunks are stored: in one file each, in memory, or nowhere after hashing. */
export type StoreMode = 'file' | 'memory' | 'discard';

/** The stored bytes of one chunk. */
export interface ChunkContent {
  /** @throws Error - the bytes were discarded */
  read(): AsyncIterable<Uint8Array>;
  drop(): Promise<void>;
}

/** Accepts the bytes of one chunk as they arrive. */
export interface ChunkSink {
  /** Returns false if the caller must pause until `onDrain` is called. */
  write(piece: Buffer): boolean;
  /** Stores the written bytes. */
  finish(): Promise<ChunkContent>;
  /** Deletes the written bytes. */
  abandon(): Promise<void>;
}

/** The storage of all chunks. */
export interface ChunkStorage {
  /** Opens a sink that calls `onDrain` when it accepts bytes again after a pause. */
  open(onDrain: () => void): ChunkSink;
  close(): Promise<void>;
}

const doNothing = async (): Promise<void> => {};

const discarding: ChunkStorage = {
  open: () => ({
    write: () => true,
    abandon: doNothing,
    finish: async () => ({
      read() {
        throw new Error('The bytes were discarded. Use the store "file" or "memory" to read them.');
      },
      drop: doNothing,
    }),
  }),
  close: doNothing,
};

function createMemorySink(): ChunkSink {
  const pieces: Buffer[] = [];
  const drop = async (): Promise<void> => {
    pieces.length = 0;
  };
  return {
    write: (piece) => pieces.push(piece) > 0,
    abandon: drop,
    finish: async () => ({
      async *read() {
        yield* pieces;
      },
      drop,
    }),
  };
}

/** After a disk error, `write` no longer asks for pauses, and `finish` rejects with the error. */
function createFileSink(path: string, onDrain: () => void): ChunkSink {
  const stream = createWriteStream(path, { highWaterMark: 1024 * 1024 });
  stream.on('drain', onDrain).on('close', onDrain);
  const done = finished(stream);
  done.catch(doNothing);
  const drop = (): Promise<void> => rm(path, { force: true });
  return {
    write: (piece) => stream.destroyed || stream.write(piece),
    async abandon() {
      stream.destroy();
      await done.catch(doNothing);
      await drop();
    },
    async finish() {
      stream.end();
      await done;
      return { read: () => createReadStream(path), drop };
    },
  };
}

async function openFileStorage(directory: string): Promise<ChunkStorage> {
  const folder = await mkdtemp(join(directory, 'twelvelabs-simulator-'));
  let files = 0;
  return {
    open(onDrain) {
      files += 1;
      return createFileSink(join(folder, `put-${files}`), onDrain);
    },
    close: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** Opens a storage. Files are in a new folder inside `directory`; `close` removes it. */
export async function openStorage(
  mode: StoreMode,
  directory: string = tmpdir(),
): Promise<ChunkStorage> {
  if (mode === 'file') return openFileStorage(directory);
  return mode === 'memory' ? { open: createMemorySink, close: doNothing } : discarding;
}
