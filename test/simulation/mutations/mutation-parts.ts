import { isTransferError, TransferError } from '#src/core/errors/transfer-error.ts';
import type { HttpReply, HttpRequest } from '#src/core/ports/transport.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import type { ChunkRecord } from '#src/core/transfer/upload-rows.ts';
import { parseRequest } from '../faults/faulty-transport.ts';
import type { Mutation, Simulation } from '../load/simulation.ts';

/** Returns a mutation of some destination methods. */
export const destinationWith = (
  changes: (to: Destination, simulation: Simulation) => Partial<Destination>,
): Mutation => ({
  ports: ({ destination }, simulation) => ({
    destination: { ...destination, ...changes(destination, simulation) },
  }),
});

/** Returns a directory in which every execution has ended. */
export function everyExecutionEnded() {
  return {
    statusOf: async () => 'ended' as const,
    endOf: async () => ({ status: 'aborted' as const }),
  };
}

/** Writes proofs only after their report succeeded. */
export function proofAfterReport(): Mutation {
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
        reportProofs: async (...args) => {
          const receipt = await destination.reportProofs(...args);
          for (const write of waiting.splice(0)) await write();
          return receipt;
        },
      },
    }),
  };
}

/** Sends every retry of a chunk to its first URL. */
export function retryOnUsedUrl(): Mutation {
  const first = new Map<string, string>();
  return {
    transport: (wire) => ({
      send: (request: HttpRequest) => {
        const { operation, uploadId, chunks } = parseRequest(request);
        if (operation !== 'put') return wire.send(request);
        const chunk = `${uploadId} ${chunks[0]?.index}`;
        const url = first.get(chunk) ?? request.url;
        first.set(chunk, url);
        return wire.send({ ...request, url });
      },
    }),
  };
}

/** Lets every execution that once took a transfer write its row without a valid fence. */
export function leaseWithoutFence(): Mutation {
  const taken = new Map<string, number>();
  return {
    ports: ({ store }, { tables }, sandbox) => ({
      store: {
        ...store,
        takeTransfer: async (record, seen) => {
          const isTaken = await store.takeTransfer(record, seen);
          if (isTaken) taken.set(`${record.transferId} ${record.owner}`, record.fence);
          return isTaken;
        },
        transfer: async (id) => {
          const row = await store.transfer(id);
          const fence = taken.get(`${id} ${sandbox.executionId}`);
          return row && fence ? { ...row, owner: sandbox.executionId, fence } : row;
        },
        patchTransfer: async (id, _fence, patch, now, seen) => {
          const row = await tables.store.transfer(id);
          return store.patchTransfer(id, row?.fence ?? 0, patch, now, seen);
        },
      },
    }),
  };
}

/** Overwrites proofs without a retirement, and grants every claim. */
export function keepProofOverwrites(): Mutation {
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

/** Publishes the ready event before its row: the event is wrong if the writer dies or is fenced out. */
export function publishBeforeRecording(): Mutation {
  return {
    ports: ({ store, events, clock }) => ({
      store: {
        ...store,
        patchTransfer: async (id, fence, patch, ...args) => {
          const { state, outcome } = patch;
          if (state === 'ready' && outcome)
            await events.publish({ type: 'Transfer Ready', detail: outcome, at: clock.now() });
          return store.patchTransfer(id, fence, patch, ...args);
        },
      },
    }),
  };
}

/** Replaces the checksum of a chunk: correct bytes fail the comparison. */
export function completeObjectRejected(): Mutation {
  const zeroed = (crc: string) =>
    Buffer.alloc(Buffer.from(crc, 'base64').length).toString('base64');
  return {
    ports: ({ store }) => ({
      store: {
        ...store,
        chunks: async (...args) => {
          const rows = new Map(await store.chunks(...args));
          const first = rows.get(1);
          if (first?.crc) rows.set(1, { ...first, crc: zeroed(first.crc) });
          return rows;
        },
      },
    }),
  };
}

/** Adopts the newest unfinished session of the same size after a lost create reply. */
export function adoptLostSession(): Mutation {
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

const knownStatuses: ReadonlySet<unknown> = new Set([
  ...['active', 'completed', 'failed', 'expired', 'pending'],
  ...['waiting', 'processing', 'ready'],
]);

/** Fails the transfer on an undocumented status. */
export function unknownStatusIsFatal(): Mutation {
  return {
    transport: (wire) => ({
      send: async (request) => {
        const reply = await wire.send(request);
        const { operation } = parseRequest(request);
        if (operation === 'status' || operation === 'asset') rejectUnknownStatuses(reply);
        return reply;
      },
    }),
  };
}

function rejectUnknownStatuses({ status, text }: HttpReply): void {
  if (status !== 200) return;
  const { status: value, uploaded_chunks: chunks } = JSON.parse(text);
  const statuses = [value, ...(chunks ?? []).map((chunk: { status: unknown }) => chunk.status)];
  if (statuses.every((one) => knownStatuses.has(one))) return;
  throw new TransferError('ProtocolViolationError', 'the reply has an unknown status');
}

const transientCodes: ReadonlySet<number | undefined> = new Set([409, 423, 425, 503]);

/** Treats the transient codes of the API as final. */
export function transientCodeIsFinal(): Mutation {
  return destinationWith((to) => {
    const methods = Object.entries(to).filter(([, member]) => typeof member === 'function');
    return Object.fromEntries(methods.map(([name, method]) => [name, finalized(method)]));
  });
}

type Method = (...args: unknown[]) => unknown;

function finalized(method: Method): Method {
  return (...args) => {
    const answer = method(...args);
    return answer instanceof Promise ? answer.catch(rethrowFinal) : answer;
  };
}

function rethrowFinal(error: unknown): never {
  const isFinal = isTransferError(error) && error.origin !== 'storage';
  if (!isFinal || !transientCodes.has(error.status)) throw error;
  throw new TransferError('RequestRejectedError', error.message, { status: error.status });
}
