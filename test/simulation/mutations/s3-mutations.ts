import { isTransferError, TransferError } from '#src/core/errors/errors.ts';
import type { PlantedBug } from './mutations.ts';
import type { Plant } from '../load/simulation.ts';

/** Deliberate bugs in how S3 is read and the table is called. */
export const plantedS3Bugs: readonly PlantedBug[] = [
  {
    name: 'the version null is dropped',
    caughtBy: 'every read names the version that was pinned',
    budget: 100,
    plant: nullVersionDropped,
  },
  {
    name: 'a throttling code of S3 is final',
    caughtBy: 'no transfer fails for what passes',
    budget: 60,
    plant: s3CodeIsFinal,
  },
  {
    name: 'the first step gives up after its own tries',
    caughtBy: 'no transfer fails for what passes',
    budget: 60,
    plant: firstStepGivesUp,
  },
  {
    name: 'a dead socket to the table is final',
    caughtBy: 'no transfer fails for what passes',
    budget: 60,
    plant: deadSocketIsFinal,
  },
];

/** What was pinned as `null` is read without a version. */
function nullVersionDropped(): Plant {
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

/** A 400 of S3 ends the transfer, whatever its code says. */
function s3CodeIsFinal(): Plant {
  const finalized = (error: unknown): never => {
    if (!isTransferError(error) || error.status !== 400) throw error;
    throw new TransferError('InvalidInputError', error.message, { status: 400, origin: 'source' });
  };
  return sourceWith(finalized);
}

/** What the source answers for now ends a start, where no transfer is there yet. */
function firstStepGivesUp(): Plant {
  const finalized = (error: unknown, isInspecting: boolean): never => {
    if (!isInspecting || !isTransferError(error) || error.disposition !== 'retry') throw error;
    throw new TransferError('ConfigurationError', error.message, { origin: 'source' });
  };
  return sourceWith(finalized);
}

/** A table that could not be reached once counts as one that is not there. */
function deadSocketIsFinal(): Plant {
  const finalized = (error: unknown): never => {
    if (!isTransferError(error, 'TableUnavailableError')) throw error;
    throw new TransferError('ConfigurationError', error.message);
  };
  return {
    ports: ({ store }) => ({
      store: {
        ...store,
        transfer: (...given) => store.transfer(...given).catch(finalized),
        patchTransfer: (...given) => store.patchTransfer(...given).catch(finalized),
      },
    }),
  };
}

function sourceWith(rethrow: (error: unknown, isInspecting: boolean) => never): Plant {
  return {
    ports: ({ source }) => ({
      source: {
        inspect: (...given) => source.inspect(...given).catch((error) => rethrow(error, true)),
        confirmReadable: (...given) =>
          source.confirmReadable(...given).catch((error) => rethrow(error, true)),
        async *read(...given) {
          try {
            yield* source.read(...given);
          } catch (error) {
            rethrow(error, false);
          }
        },
      },
    }),
  };
}
