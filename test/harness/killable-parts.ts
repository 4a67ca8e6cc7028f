import { destination } from '#functions/runtime/destination.ts';
import { source } from '#functions/runtime/source.ts';
import { store } from '#functions/runtime/table.ts';
import { readSettings } from '#src/config/environment.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import type { WireHarness } from './wire-harness.ts';
import { type Around, wrapPort } from './wrap-port.ts';

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
  const killable: Around = (_, call) => {
    throwIfDead();
    return call();
  };
  const container = harness.pipeline.container();
  const settings = readSettings(process.env);
  const { chunksInFlight = settings.chunksInFlight, proofs, at } = options;
  let stored = 0;
  const killing: Around = async (name, call) => {
    if (name === at) sandbox.kill();
    throwIfDead();
    const answer = await call();
    if (name === 'storeProof' && ++stored === proofs) sandbox.kill();
    return answer;
  };
  const reader = container.get(source);
  harness.override({
    settings: { ...settings, chunksInFlight },
    store: wrapPort(container.get(store), killing),
    destination: wrapPort(container.get(destination), killable),
    source: {
      inspect: (reference) => reader.inspect(reference),
      confirmReadable: (object, signal) => reader.confirmReadable(object, signal),
      async *read(object, range, signal) {
        for await (const bytes of reader.read(object, range, signal)) {
          throwIfDead();
          yield bytes;
        }
      },
    },
  });
  return sandbox;
}
