import { isTransferError } from '#src/core/errors/errors.ts';
import { lengthOf } from '#src/core/source/byte-range.ts';
import { pieces } from '../load/objects.ts';
import {
  adoptLostSession,
  announceBeforeRecording,
  destinationWith,
  ended,
  keepProofOverwrites,
  leaseWithoutFence,
  proofAfterReport,
  retryOnUsedUrl,
  transientCodeIsFinal,
  unknownStatusIsFatal,
  wholeCalledWrong,
} from './mutation-parts.ts';
import { plantedS3Bugs } from './s3-mutations.ts';
import { plantedQueueBugs } from './queue-mutations.ts';
import { reconciler } from '../../harness/sandbox.ts';
import type { Plant } from '../load/simulation.ts';

/** A deliberate bug and how many seeds may pass before it is caught. */
export interface PlantedBug {
  readonly name: string;
  /** The invariant that it breaks; others may break with it. */
  readonly caughtBy: string;
  readonly budget: number;
  /** A new one for each seed, as some remember things. */
  plant(): Plant;
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'a proof is written after its report',
    caughtBy: 'a report names durable proofs only',
    budget: 20,
    plant: proofAfterReport,
  },
  {
    name: 'a lease without a fence',
    caughtBy: 'no write by one that was fenced out',
    budget: 400,
    plant: leaseWithoutFence,
  },
  {
    name: 'a retry on a used URL',
    caughtBy: 'no presigned URL is used twice',
    budget: 60,
    plant: retryOnUsedUrl,
  },
  {
    name: "If-Match and the reply's ETag check are both dropped",
    caughtBy: 'a ready asset holds exactly the bytes',
    budget: 400,
    plant: () => ({
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
    plant: () =>
      destinationWith((to) => ({
        assetStatus: async (...given) => {
          const status = await to.assetStatus(...given);
          return status.phase === 'processing' ? { phase: 'ready' } : status;
        },
      })),
  },
  {
    name: 'proofs of a replaced session are trusted in the new one',
    caughtBy: 'a report names durable proofs only',
    budget: 300,
    plant: () => ({
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
    plant: keepProofOverwrites,
  },
  {
    name: 'the outcome event is sent before the row says so',
    caughtBy: 'an outcome is recorded before it is told',
    budget: 20,
    plant: announceBeforeRecording,
  },
  {
    name: "the object's own checksum is not compared",
    caughtBy: 'a ready asset holds exactly the bytes',
    budget: 400,
    plant: () => ({
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
    name: 'a whole object is called wrong',
    caughtBy: 'one calm start brings the object over',
    budget: 20,
    plant: wholeCalledWrong,
  },
  {
    name: 'orphans are never counted',
    caughtBy: 'orphans are counted',
    budget: 100,
    plant: () => ({
      ports: ({ meter }) => ({
        meter: {
          add: (metric, value, ...given) => {
            if (metric !== 'OrphanSessions') meter.add(metric, value, ...given);
          },
        },
      }),
    }),
  },
  {
    name: 'an orphan is attributed to nobody',
    caughtBy: 'an orphan is attributed',
    budget: 100,
    plant: () => ({
      ports: ({ store }, _world, by) => ({
        store: {
          ...store,
          sessions: async (id) => (by.name.startsWith(reconciler) ? [] : store.sessions(id)),
        },
      }),
    }),
  },
  {
    name: 'the outcome event is never sent',
    caughtBy: 'an outcome event for each transfer',
    budget: 5,
    plant: () => ({
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
    caughtBy: 'a session whose create was never answered is never used',
    budget: 200,
    plant: adoptLostSession,
  },
  {
    name: 'a truncated read is padded',
    caughtBy: 'a ready asset holds exactly the bytes',
    budget: 150,
    plant: () => ({
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
              yield* pieces(Buffer.alloc(lengthOf(range) - sizeBytes));
            }
          },
        },
      }),
    }),
  },
  {
    name: "the storage's MD5 is not compared",
    caughtBy: 'every kept proof is true',
    budget: 200,
    plant: () =>
      destinationWith((to) => ({
        sendChunk: async (...given) => ({
          ...(await to.sendChunk(...given)),
          encryption: 'aws:kms',
        }),
      })),
  },
  {
    name: 'a range is claimed whoever holds it',
    caughtBy: 'one sender of a range at a time',
    budget: 300,
    plant: () => ({
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
    name: 'a transfer is taken whoever owns it',
    caughtBy: 'one owner at a time',
    budget: 100,
    plant: () => ({ ports: () => ({ executions: ended() }) }),
  },
  {
    name: 'the reconciler sees no transfer',
    caughtBy: 'no lease is leaked',
    budget: 200,
    plant: () => ({
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
    name: 'a ready asset is taken for one that is gone',
    caughtBy: 'a further ingest was asked for',
    budget: 100,
    plant: () => ({
      ports: ({ destination }, _world, by) => ({
        destination: {
          ...destination,
          assetStatus: async (...given) => {
            const status = await destination.assetStatus(...given);
            const isGone = by.name.startsWith('OpenSession') && status.phase === 'ready';
            return isGone ? { phase: 'missing' } : status;
          },
        },
      }),
    }),
  },
  {
    name: 'a failed transfer ends green',
    caughtBy: 'a ready row has its ready asset',
    budget: 400,
    plant: () =>
      destinationWith((to) => ({
        assetStatus: async (...given) => {
          const status = await to.assetStatus(...given);
          return status.phase === 'failed' ? { phase: 'ready' } : status;
        },
      })),
  },
  {
    name: "a session's completeness is forgotten",
    caughtBy: 'nothing is sent again for a status call',
    budget: 200,
    plant: () => ({
      ports: ({ store }) => ({ store: { ...store, recordReceipt: async () => {} } }),
    }),
  },
  {
    name: 'an unknown status is fatal',
    caughtBy: 'no transfer fails for what passes',
    budget: 100,
    plant: unknownStatusIsFatal,
  },
  ...plantedS3Bugs,
  ...plantedQueueBugs,
  {
    name: 'a transient code is final',
    caughtBy: 'no transfer fails for what passes',
    budget: 60,
    plant: transientCodeIsFinal,
  },
];
