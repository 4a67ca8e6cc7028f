import { destination } from '#functions/runtime/destination.ts';
import { source } from '#functions/runtime/source.ts';
import { store } from '#functions/runtime/store.ts';
import { readSettings } from '#src/config/environment.ts';
import type { SourceReader } from '#src/core/source/source-reader.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import type { FastWorld } from './fast-wire-harness.ts';

/** A sandbox that can die: from then on every call to the world outside fails, for good. */
export interface Life {
  /** Resolves when it is over. */
  readonly ended: Promise<void>;
  end(): void;
}

export interface LifeOptions {
  /** It ends once so many chunk proofs are kept. */
  readonly proofs?: number;
  /** It ends in the call of this method of the store, before the row is written. */
  readonly at?: keyof TransferStore;
  /** Left out: as the environment says. */
  readonly chunksInFlight?: number;
}

/**
 * Gives the functions a new life, in place of the one before: what a dead sandbox left running can't
 * reach anything any more, as it keeps the parts of its own life.
 */
export function giveLife(world: FastWorld, options: LifeOptions = {}): Life {
  world.give({});
  const { promise, resolve } = Promise.withResolvers<void>();
  let isOver = false;
  const life = {
    ended: promise,
    end: () => {
      isOver = true;
      resolve();
    },
  };
  const check = () => {
    if (isOver) throw new Error('the sandbox is dead');
  };
  const settings = readSettings(process.env);
  const { chunksInFlight = settings.chunksInFlight } = options;
  world.give({
    settings: { ...settings, chunksInFlight },
    store: endingStore(mortal(store(), check), life, options),
    destination: mortal(destination(), check),
    source: mortalSource(source(), check),
  });
  return life;
}

function mortal<T extends object>(part: T, check: () => void): T {
  return new Proxy(part, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...values: unknown[]) => {
        check();
        return member.apply(target, values);
      };
    },
  });
}

function mortalSource(reader: SourceReader, check: () => void): SourceReader {
  return {
    inspect: (reference) => reader.inspect(reference),
    confirmReadable: (object, signal) => reader.confirmReadable(object, signal),
    async *read(object, range, signal) {
      for await (const bytes of reader.read(object, range, signal)) {
        check();
        yield bytes;
      }
    },
  };
}

function endingStore(part: TransferStore, life: Life, { proofs, at }: LifeOptions): TransferStore {
  let kept = 0;
  const storeProof: TransferStore['storeProof'] = async (...values) => {
    const answer = await part.storeProof(...values);
    kept += 1;
    if (kept === proofs) life.end();
    return answer;
  };
  const last = (...values: unknown[]) => {
    life.end();
    return Reflect.apply(part[at as keyof TransferStore] as () => unknown, part, values);
  };
  return new Proxy(part, {
    get: (target, name) => {
      if (name === at) return last;
      return name === 'storeProof' ? storeProof : Reflect.get(target, name);
    },
  });
}
