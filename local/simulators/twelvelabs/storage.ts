import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';

/** Where a chunk's bytes go: to a file each, into memory, or nowhere once they are hashed. */
export type StoreMode = 'file' | 'memory' | 'discard';

/** The bytes of one chunk, kept. */
export interface ChunkContent {
  /** @throws Error - the bytes were discarded */
  read(): AsyncIterable<Uint8Array>;
  drop(): Promise<void>;
}

/** Takes the bytes of one chunk as they arrive. */
export interface ChunkSink {
  /** False asks for a pause, until the sink's opener is called back. */
  write(piece: Buffer): boolean;
  /** Keeps what came. */
  keep(): Promise<ChunkContent>;
  /** Forgets what came. */
  abandon(): Promise<void>;
}

/** Keeps the bytes of all chunks. */
export interface ChunkStorage {
  /** Opens a sink that calls `onDrain` when it takes bytes again after it asked for a pause. */
  open(onDrain: () => void): ChunkSink;
  close(): Promise<void>;
}

const nothing = async (): Promise<void> => {};

const discarding: ChunkStorage = {
  open: () => ({
    write: () => true,
    abandon: nothing,
    keep: async () => ({
      read() {
        throw new Error("the simulator was told to discard bytes (store: 'discard')");
      },
      drop: nothing,
    }),
  }),
  close: nothing,
};

function memorySink(): ChunkSink {
  const pieces: Buffer[] = [];
  const drop = async (): Promise<void> => {
    pieces.length = 0;
  };
  return {
    write: (piece) => pieces.push(piece) > 0,
    abandon: drop,
    keep: async () => ({
      async *read() {
        yield* pieces;
      },
      drop,
    }),
  };
}

/** A disk that fails stops asking for pauses; `keep` then rejects with its error. */
function fileSink(path: string, onDrain: () => void): ChunkSink {
  const stream = createWriteStream(path, { highWaterMark: 1024 * 1024 });
  stream.on('drain', onDrain).on('close', onDrain);
  const done = finished(stream);
  done.catch(nothing);
  const drop = (): Promise<void> => rm(path, { force: true });
  return {
    write: (piece) => stream.destroyed || stream.write(piece),
    async abandon() {
      stream.destroy();
      await done.catch(nothing);
      await drop();
    },
    async keep() {
      stream.end();
      await done;
      return { read: () => createReadStream(path), drop };
    },
  };
}

async function fileStorage(directory: string): Promise<ChunkStorage> {
  const folder = await mkdtemp(join(directory, 'twelvelabs-simulator-'));
  let files = 0;
  return {
    open(onDrain) {
      files += 1;
      return fileSink(join(folder, `put-${files}`), onDrain);
    },
    close: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** Opens a storage; files lie in a new folder inside `directory`, which `close` removes. */
export async function openStorage(
  mode: StoreMode,
  directory: string = tmpdir(),
): Promise<ChunkStorage> {
  if (mode === 'file') return fileStorage(directory);
  return mode === 'memory' ? { open: memorySink, close: nothing } : discarding;
}
