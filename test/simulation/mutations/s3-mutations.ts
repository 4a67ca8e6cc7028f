import { isTransferError, TransferError } from '#src/core/errors/transfer-error.ts';
import type { Mutation } from '../load/simulation.ts';
import type { MutationCase } from './mutations.ts';

/** Mutations of S3 reads and table calls. */
export const s3Mutations: readonly MutationCase[] = [
  {
    name: 'the version null is dropped',
    caughtBy: 'every read names the pinned version',
    budget: 100,
    create: nullVersionDropped,
  },
  {
    name: 'a throttling code of S3 is final',
    caughtBy: 'no transfer fails for a transient fault',
    budget: 60,
    create: s3CodeIsFinal,
  },
  {
    name: 'the first step gives up after its own tries',
    caughtBy: 'no transfer fails for a transient fault',
    budget: 60,
    create: firstStepGivesUp,
  },
  {
    name: 'a dead socket to the table is final',
    caughtBy: 'no transfer fails for a transient fault',
    budget: 60,
    create: deadSocketIsFinal,
  },
];

/** Reads an object of the version `null` without a version. */
function nullVersionDropped(): Mutation {
  return {
    ports: ({ source }) => ({
      source: {
        ...source,
        inspect: async (reference) => {
          const object = await source.inspect(reference);
          return object.versionId === 'null' ? { ...object, versionId: undefined } : object;
        },
      },
    }),
  };
}

/** Treats every 400 of S3 as final. */
function s3CodeIsFinal(): Mutation {
  const finalized = (error: unknown): never => {
    if (!isTransferError(error) || error.status !== 400) throw error;
    throw new TransferError('InvalidInputError', error.message, { status: 400, origin: 'source' });
  };
  return sourceWith(finalized);
}

/** Ends a start on a transient source error before its transfer exists. */
function firstStepGivesUp(): Mutation {
  const finalized = (error: unknown, isInspecting: boolean): never => {
    if (!isInspecting || !isTransferError(error) || error.disposition !== 'retry') throw error;
    throw new TransferError('ConfigurationError', error.message, { origin: 'source' });
  };
  return sourceWith(finalized);
}

/** Treats one unreachable table call as a missing table. */
function deadSocketIsFinal(): Mutation {
  const finalized = (error: unknown): never => {
    if (!isTransferError(error, 'TableUnavailableError')) throw error;
    throw new TransferError('ConfigurationError', error.message);
  };
  return {
    ports: ({ store }) => ({
      store: {
        ...store,
        transfer: (...args) => store.transfer(...args).catch(finalized),
        patchTransfer: (...args) => store.patchTransfer(...args).catch(finalized),
      },
    }),
  };
}

function sourceWith(rethrow: (error: unknown, isInspecting: boolean) => never): Mutation {
  return {
    ports: ({ source }) => ({
      source: {
        inspect: (...args) => source.inspect(...args).catch((error) => rethrow(error, true)),
        confirmReadable: (...args) =>
          source.confirmReadable(...args).catch((error) => rethrow(error, true)),
        async *read(...args) {
          try {
            yield* source.read(...args);
          } catch (error) {
            rethrow(error, false);
          }
        },
      },
    }),
  };
}
