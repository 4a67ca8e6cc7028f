import { errorMeans } from '#src/core/errors/error-meanings.ts';
import { isTransferError } from '#src/core/errors/transfer-error.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import type { Change } from './community.ts';

/** A deliberate bug, and what a check finds of it. */
export interface Mutation {
  readonly name: string;
  readonly caughtBy: RegExp;
  readonly change: Change;
}

const destinationWith =
  (changes: (to: Destination) => Partial<Destination>): Change =>
  ({ destination }) => ({ destination: { ...destination, ...changes(destination) } });

/** Bugs that a mix of faults shows. */
export const faultMutations: readonly Mutation[] = [
  {
    name: 'the answered offset is ignored',
    caughtBy: /it ended FAILED/,
    change: destinationWith((to) => ({
      sendChunk: async (session, chunk, body, call) => {
        try {
          return await to.sendChunk(session, chunk, body, call);
        } catch (error) {
          if (!errorMeans(error, 'chunkMismatched')) throw error;
          return { proof: String(chunk.range.endInclusive + 1), evidence: 'none', session };
        }
      },
    })),
  },
  {
    name: 'the completion is repeated blindly',
    caughtBy: /2 media/,
    change: destinationWith((to) => ({
      finish: async (...args) => {
        try {
          return await to.finish(...args);
        } catch (error) {
          if (!isTransferError(error) || error.name !== 'CompletionUnknownError') throw error;
          return to.finish(...args);
        }
      },
    })),
  },
  {
    name: 'chunks are sent in parallel',
    caughtBy: /chunks in flight/,
    change: destinationWith(({ traits }) => ({
      traits: { ...traits, order: 'any', maxInFlight: 4 },
    })),
  },
  {
    name: 'the MD5 is of other bytes',
    caughtBy: /it ended FAILED RequestRejectedError/,
    change: destinationWith((to) => ({
      finish: (session, proofs, _, call) => to.finish(session, proofs, 'f'.repeat(32), call),
    })),
  },
  {
    name: 'a lost reply to a chunk starts a new upload in the same session',
    // It never becomes ready: it fails, or is queued again and again.
    caughtBy: /it ended (?:FAILED|SUCCEEDED)/,
    change: destinationWith((to) => ({
      sendChunk: (session, chunk, body, call) =>
        to.sendChunk({ ...session, uploadId: '' }, chunk, body, call),
    })),
  },
];

/** A bug that a crash shows. */
export const crashMutation: Mutation = {
  name: 'the completion is not claimed before it is requested',
  caughtBy: /2 media/,
  change: ({ store }) => ({ store: { ...store, claimFinish: async () => true } }),
};
