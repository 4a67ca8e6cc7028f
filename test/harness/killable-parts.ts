import { destination } from '#functions/runtime/destination.ts';
import { source } from '#functions/runtime/source.ts';
import { store } from '#functions/runtime/table.ts';
import { readSettings } from '#src/config/environment.ts';
import type { SourceReader } from '#src/core/source/source-reader.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import type { WireHarness } from './wire-harness.ts';

/** A simulated sandbox. After `kill`, every call of its ports fails. */
export interface KillableSandbox {
  /** Resolves at the kill. */
  readonly killed: Promise<void>;
  kill(): void;
}

export interface KillOptions {
  /** Kills the sandbox after this number of stored proofs. */
  readonly proofs?: number;
  /** Kills the sandbox in the call of this store method, before its row is written. */
  readonly at?: keyof TransferStore;
  /** Default: the setting of the environment. */
  readonly chunksInFlight?: number;
}

/**
 * Gives the functions the ports of a new sandbox. Work of an earlier sandbox keeps its own ports: after
 * a kill, it reaches nothing.
 */
export function startSandbox(harness: WireHarness, options: KillOptions = {}): KillableSandbox {
  harness.override({});
  const { promise, resolve } = Promise.withResolvers<void>();
  let isDead = false;
  const sandbox = {
    killed: promise,
    kill: () => {
      isDead = true;
      resolve();
    },
  };
  const throwIfDead = () => {
    if (isDead) throw new Error('the sandbox is dead');
  };
  const container = harness.pipeline.container();
  const settings = readSettings(process.env);
  const { chunksInFlight = settings.chunksInFlight } = options;
  harness.override({
    settings: { ...settings, chunksInFlight },
    store: killingStore(killable(container.get(store), throwIfDead), sandbox, options),
    destination: killable(container.get(destination), throwIfDead),
    source: killableSource(container.get(source), throwIfDead),
  });
  return sandbox;
}

function killable<T extends object>(port: T, throwIfDead: () => void): T {
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        throwIfDead();
        return member.apply(target, args);
      };
    },
  });
}

function killableSource(reader: SourceReader, throwIfDead: () => void): SourceReader {
  return {
    inspect: (reference) => reader.inspect(reference),
    confirmReadable: (object, signal) => reader.confirmReadable(object, signal),
    async *read(object, range, signal) {
      for await (const bytes of reader.read(object, range, signal)) {
        throwIfDead();
        yield bytes;
      }
    },
  };
}

/** Returns a store that kills its sandbox as the options say. */
function killingStore(
  port: TransferStore,
  sandbox: KillableSandbox,
  { proofs, at }: KillOptions,
): TransferStore {
  let stored = 0;
  const storeProof: TransferStore['storeProof'] = async (...args) => {
    const answer = await port.storeProof(...args);
    stored += 1;
    if (stored === proofs) sandbox.kill();
    return answer;
  };
  const lastCall = (...args: unknown[]) => {
    sandbox.kill();
    return Reflect.apply(port[at as keyof TransferStore] as () => unknown, port, args);
  };
  return new Proxy(port, {
    get: (target, name) => {
      if (name === at) return lastCall;
      return name === 'storeProof' ? storeProof : Reflect.get(target, name);
    },
  });
}
