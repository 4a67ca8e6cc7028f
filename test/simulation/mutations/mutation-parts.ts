import { isTransferError, TransferError } from '#src/core/errors/errors.ts';
import type { HttpReply, HttpRequest } from '#src/core/ports/transport.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import type { ChunkRecord } from '#src/core/transfer/transfer.ts';
import { takeApart } from '../faults/faulty-transport.ts';
import type { Plant, World } from '../load/simulation.ts';

/** A plant that changes some of the destination's methods. */
export const destinationWith = (
  changes: (to: Destination, world: World) => Partial<Destination>,
): Plant => ({
  ports: ({ destination }, world) => ({
    destination: { ...destination, ...changes(destination, world) },
  }),
});

/** Everybody's execution has ended, always. */
export function ended() {
  return {
    statusOf: async () => 'ended' as const,
    endOf: async () => ({ status: 'aborted' as const }),
  };
}

/** Proofs wait in memory until a report of them has come through. */
export function proofAfterReport(): Plant {
  const waiting: (() => Promise<unknown>)[] = [];
  const early = new Map<string, Map<number, ChunkRecord>>();
  return {
    ports: ({ store, destination }) => ({
      store: {
        ...store,
        chunks: async (id, number, ...range) => {
          const kept = await store.chunks(id, number, ...range);
          return new Map([...(early.get(`${id} ${number}`) ?? []), ...kept]);
        },
        storeProof: async (id, number, proof, retired) => {
          waiting.push(() => store.storeProof(id, number, proof, retired));
          const rows = early.get(`${id} ${number}`) ?? new Map<number, ChunkRecord>();
          rows.set(proof.index, { ...proof, generation: 1, reports: 0 });
          early.set(`${id} ${number}`, rows);
          return 'written';
        },
      },
      destination: {
        ...destination,
        reportProofs: async (...given) => {
          const receipt = await destination.reportProofs(...given);
          for (const write of waiting.splice(0)) await write();
          return receipt;
        },
      },
    }),
  };
}

/** The first URL of a chunk is good enough for every further try. */
export function retryOnUsedUrl(): Plant {
  const first = new Map<string, string>();
  return {
    transport: (wire) => ({
      send: (request: HttpRequest) => {
        const { operation, uploadId, chunks } = takeApart(request);
        if (operation !== 'put') return wire.send(request);
        const chunk = `${uploadId} ${chunks[0]?.index}`;
        const url = first.get(chunk) ?? request.url;
        first.set(chunk, url);
        return wire.send({ ...request, url });
      },
    }),
  };
}

/** Whoever once took a transfer believes that it is still its own, and writes whatever is there. */
export function leaseWithoutFence(): Plant {
  const taken = new Map<string, number>();
  return {
    ports: ({ store }, { tables }, by) => ({
      store: {
        ...store,
        takeTransfer: async (record, seen) => {
          const isTaken = await store.takeTransfer(record, seen);
          if (isTaken) taken.set(`${record.transferId} ${record.owner}`, record.fence);
          return isTaken;
        },
        transfer: async (id) => {
          const row = await store.transfer(id);
          const fence = taken.get(`${id} ${by.executionId}`);
          return row && fence ? { ...row, owner: by.executionId, fence } : row;
        },
        patchTransfer: async (id, _fence, patch, now, seen) => {
          const row = await tables.store.transfer(id);
          return store.patchTransfer(id, row?.fence ?? 0, patch, now, seen);
        },
      },
    }),
  };
}

/** An unconditional write: what is there gives way, retired by nobody. */
export function keepProofOverwrites(): Plant {
  return {
    ports: ({ store }, { tables }) => ({
      store: {
        ...store,
        claimRange: async (_key, _sender, _now, until) => ({ held: true, until, tookOver: false }),
        storeProof: async (id, number, proof, retired) => {
          const rows = await tables.store.chunks(id, number, proof.index, proof.index);
          const row = rows.get(proof.index);
          if (!row || row.proof === proof.proof)
            return store.storeProof(id, number, proof, retired);
          const { index, generation } = row;
          await tables.store.retireProof(id, number, index, generation, 'overwritten');
          return store.storeProof(id, number, proof, generation);
        },
      },
    }),
  };
}

/** The event goes out first, so that one whose writer dies or is fenced out has told what is not so. */
export function announceBeforeRecording(): Plant {
  return {
    ports: ({ store, events, clock }) => ({
      store: {
        ...store,
        patchTransfer: async (id, fence, patch, ...given) => {
          const { state, outcome } = patch;
          if (state === 'ready' && outcome)
            await events.publish({ type: 'Transfer Ready', detail: outcome, at: clock.now() });
          return store.patchTransfer(id, fence, patch, ...given);
        },
      },
    }),
  };
}

/** The checksum of a chunk is forgotten where its object has one, so that right bytes fail. */
export function wholeCalledWrong(): Plant {
  const zeroed = (crc: string) =>
    Buffer.alloc(Buffer.from(crc, 'base64').length).toString('base64');
  return {
    ports: ({ store }) => ({
      store: {
        ...store,
        chunks: async (...given) => {
          const rows = new Map(await store.chunks(...given));
          const first = rows.get(1);
          if (first?.crc) rows.set(1, { ...first, crc: zeroed(first.crc) });
          return rows;
        },
      },
    }),
  };
}

/** Where a create's reply is lost, the newest unfinished session of that size is taken for ours. */
export function adoptLostSession(): Plant {
  return destinationWith((to, { service }) => ({
    openSession: async (request, options) => {
      try {
        return await to.openSession(request, options);
      } catch (error) {
        if (!isTransferError(error, 'CreateReplyLostError')) throw error;
        const { sizeBytes } = request.source;
        const found = service.sessions().findLast(({ totalSize }) => totalSize === sizeBytes);
        if (!found) throw error;
        const { uploadId, assetId, chunkSize, totalChunks, expiresAt } = found;
        const rest = { chunkSizeBytes: chunkSize, totalChunks, expiresAt, details: {} };
        return { uploadId, assetId, ...rest };
      }
    },
  }));
}

const knownWords: ReadonlySet<unknown> = new Set([
  ...['active', 'completed', 'failed', 'expired', 'pending'],
  ...['waiting', 'processing', 'ready'],
]);

/** A reply with a status that no document names ends the transfer. */
export function unknownStatusIsFatal(): Plant {
  return {
    transport: (wire) => ({
      send: async (request) => {
        const reply = await wire.send(request);
        const { operation } = takeApart(request);
        if (operation === 'status' || operation === 'asset') refuseUnknownWords(reply);
        return reply;
      },
    }),
  };
}

function refuseUnknownWords({ status, text }: HttpReply): void {
  if (status !== 200) return;
  const { status: word, uploaded_chunks: chunks } = JSON.parse(text);
  const words = [word, ...(chunks ?? []).map((chunk: { status: unknown }) => chunk.status)];
  if (words.every((one) => knownWords.has(one))) return;
  throw new TransferError('ProtocolViolationError', 'the reply has an unknown status');
}

const transientCodes: ReadonlySet<number | undefined> = new Set([409, 423, 425, 503]);

/** What the API answers with one of those codes is taken for its last word. */
export function transientCodeIsFinal(): Plant {
  return destinationWith((to) => {
    const methods = Object.entries(to).filter(([, member]) => typeof member === 'function');
    return Object.fromEntries(methods.map(([name, method]) => [name, finalized(method)]));
  });
}

type Method = (...given: unknown[]) => unknown;

function finalized(method: Method): Method {
  return (...given) => {
    const answer = method(...given);
    return answer instanceof Promise ? answer.catch(rethrowFinal) : answer;
  };
}

function rethrowFinal(error: unknown): never {
  const isFinal = isTransferError(error) && error.origin !== 'storage';
  if (!isFinal || !transientCodes.has(error.status)) throw error;
  throw new TransferError('RequestRejectedError', error.message, { status: error.status });
}
