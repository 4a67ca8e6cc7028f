import { isTransferError } from '#src/core/errors/transfer-error.ts';
import { lengthOf } from '#src/core/source/byte-range.ts';
import { piecesOf } from '../../doubles/memory/memory-source.ts';
import { pieceBytes } from '../faults/faulty-source.ts';
import type { Mutation } from '../load/simulation.ts';
import {
  adoptLostSession,
  completeObjectRejected,
  destinationWith,
  everyExecutionEnded,
  keepProofOverwrites,
  leaseWithoutFence,
  proofAfterReport,
  publishBeforeRecording,
  retryOnUsedUrl,
  transientCodeIsFinal,
  unknownStatusIsFatal,
} from './mutation-parts.ts';
import { queueMutations } from './queue-mutations.ts';
import { s3Mutations } from './s3-mutations.ts';

/** A deliberate bug, and the number of seeds within which a check must catch it. */
export interface MutationCase {
  readonly name: string;
  /** The invariant that catches it. Other invariants may break too. */
  readonly caughtBy: string;
  /** Maximum number of seeds. */
  readonly budget: number;
  /** Returns a new mutation for each seed: some have state. */
  create(): Mutation;
}

export const mutations: readonly MutationCase[] = [
  {
    name: 'a proof is written after its report',
    caughtBy: 'a report names durable proofs only',
    budget: 20,
    create: proofAfterReport,
  },
  {
    name: 'a lease without a fence',
    caughtBy: 'no write by a fenced-out owner',
    budget: 400,
    create: leaseWithoutFence,
  },
  {
    name: 'a retry on a used URL',
    caughtBy: 'no presigned URL is used twice',
    budget: 60,
    create: retryOnUsedUrl,
  },
  {
    name: "If-Match and the reply's ETag check are both dropped",
    caughtBy: 'a ready asset holds exactly the bytes of its object',
    budget: 400,
    create: () => ({
      ports: ({ source }, { objects }) => ({
        source: {
          ...source,
          read: (object, range, signal) => {
            const now = objects.current({ ...object, versionId: undefined })?.object ?? object;
            return source.read(now.sizeBytes === object.sizeBytes ? now : object, range, signal);
          },
        },
      }),
    }),
  },
  {
    name: 'success before ready',
    caughtBy: 'no success before the asset is ready',
    budget: 20,
    create: () =>
      destinationWith((to) => ({
        assetStatus: async (...args) => {
          const status = await to.assetStatus(...args);
          return status.phase === 'processing' ? { phase: 'ready' } : status;
        },
      })),
  },
  {
    name: 'proofs of a replaced session are trusted in the new one',
    caughtBy: 'a report names durable proofs only',
    budget: 300,
    create: () => ({
      ports: ({ store }) => ({
        store: {
          ...store,
          chunks: async (id, number, ...range) => {
            const old = number > 1 ? await store.chunks(id, number - 1, ...range) : [];
            return new Map([...old, ...(await store.chunks(id, number, ...range))]);
          },
        },
      }),
    }),
  },
  {
    name: 'storeProof overwrites, and no claim keeps a second sender away',
    caughtBy: 'a durable proof changes by retirement only',
    budget: 600,
    create: keepProofOverwrites,
  },
  {
    name: 'the outcome event is published before its row is written',
    caughtBy: 'an outcome is recorded before it is published',
    budget: 20,
    create: publishBeforeRecording,
  },
  {
    name: "the object's own checksum is not compared",
    caughtBy: 'a ready asset holds exactly the bytes of its object',
    budget: 400,
    create: () => ({
      ports: ({ source }) => ({
        source: {
          ...source,
          inspect: async (reference) => {
            const { checksum: _, ...object } = await source.inspect(reference);
            return object;
          },
        },
      }),
    }),
  },
  {
    name: 'a complete object is rejected as wrong',
    caughtBy: 'one start without faults transfers the object',
    budget: 20,
    create: completeObjectRejected,
  },
  {
    name: 'orphans are never counted',
    caughtBy: 'orphans are counted',
    budget: 100,
    create: () => ({
      ports: ({ meter }) => ({
        meter: {
          add: (metric, value, ...args) => {
            if (metric !== 'OrphanSessions') meter.add(metric, value, ...args);
          },
        },
      }),
    }),
  },
  {
    name: 'the outcome event is never sent',
    caughtBy: 'an outcome event for each transfer',
    budget: 5,
    create: () => ({
      ports: ({ events }) => ({
        events: {
          publish: async (event) => {
            if (event.type === 'Transfer Started') await events.publish(event);
          },
        },
      }),
    }),
  },
  {
    name: 'a session whose create reply was lost is adopted',
    caughtBy: 'an unanswered session is never used',
    budget: 200,
    create: adoptLostSession,
  },
  {
    name: 'a truncated read is padded',
    caughtBy: 'a ready asset holds exactly the bytes of its object',
    budget: 150,
    create: () => ({
      ports: ({ source }) => ({
        source: {
          ...source,
          async *read(object, range, signal) {
            let sizeBytes = 0;
            try {
              for await (const piece of source.read(object, range, signal)) {
                sizeBytes += piece.byteLength;
                yield piece;
              }
            } catch (error) {
              if (!isTransferError(error, 'TruncatedReadError')) throw error;
              yield* piecesOf(Buffer.alloc(lengthOf(range) - sizeBytes), pieceBytes);
            }
          },
        },
      }),
    }),
  },
  {
    name: "the storage's MD5 is not compared",
    caughtBy: 'every stored proof is true',
    budget: 200,
    create: () =>
      destinationWith((to) => ({
        sendChunk: async (...args) => ({
          ...(await to.sendChunk(...args)),
          encryption: 'aws:kms',
        }),
      })),
  },
  {
    name: 'a range is claimed although another sender holds it',
    caughtBy: 'one sender of a range at a time',
    budget: 300,
    create: () => ({
      ports: ({ store }) => ({
        store: {
          ...store,
          claimRange: async (key, sender, now, until) => {
            const claim = await store.claimRange(key, sender, now, until);
            return claim.held ? claim : store.claimRange(key, sender, claim.until + 1, until);
          },
        },
      }),
    }),
  },
  {
    name: 'a transfer is taken although another execution owns it',
    caughtBy: 'one owner at a time',
    budget: 100,
    create: () => ({ ports: () => ({ executions: everyExecutionEnded() }) }),
  },
  {
    name: 'the reconciler sees no transfer',
    caughtBy: 'no lease is leaked',
    budget: 200,
    create: () => ({
      ports: ({ store }) => ({
        store: {
          ...store,
          listTransfers: async function* () {},
          transferOfExecution: async () => undefined,
        },
      }),
    }),
  },
  {
    name: 'a ready asset counts as deleted',
    caughtBy: 'a further ingest was request for',
    budget: 100,
    create: () => ({
      ports: ({ destination }, _simulation, sandbox) => ({
        destination: {
          ...destination,
          assetStatus: async (...args) => {
            const status = await destination.assetStatus(...args);
            const isGone = sandbox.name.startsWith('OpenSession') && status.phase === 'ready';
            return isGone ? { phase: 'missing' } : status;
          },
        },
      }),
    }),
  },
  {
    name: 'a failed transfer succeeds',
    caughtBy: 'a ready row has its ready asset',
    budget: 400,
    create: () =>
      destinationWith((to) => ({
        assetStatus: async (...args) => {
          const status = await to.assetStatus(...args);
          return status.phase === 'failed' ? { phase: 'ready' } : status;
        },
      })),
  },
  {
    name: 'the completion of a session is not recorded',
    caughtBy: 'a complete upload is not sent again',
    budget: 200,
    create: () => ({
      ports: ({ store }) => ({ store: { ...store, recordReceipt: async () => {} } }),
    }),
  },
  {
    name: 'an unknown status is fatal',
    caughtBy: 'no transfer fails for a transient fault',
    budget: 100,
    create: unknownStatusIsFatal,
  },
  ...s3Mutations,
  ...queueMutations,
  {
    name: 'a transient code is final',
    caughtBy: 'no transfer fails for a transient fault',
    budget: 60,
    create: transientCodeIsFinal,
  },
];
