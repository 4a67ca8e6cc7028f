import type { Destination } from '#src/core/transfer/destination.ts';

/** The calls of a destination, as counts and in order. */
export interface DestinationLog {
  /** Sent chunks in order, including repeats. */
  readonly sends: { readonly index: number; readonly uploadId: string; readonly at: number }[];
  /** The chunk indexes of each report. */
  readonly reports: number[][];
  opened: number;
  finished: number;
  inFlight: number;
  mostInFlight: number;
}

/** Returns the destination with a log of its calls. */
export function recordDestination(
  inner: Destination,
  now: () => number,
): [Destination, DestinationLog] {
  const log: DestinationLog = {
    sends: [],
    reports: [],
    opened: 0,
    finished: 0,
    inFlight: 0,
    mostInFlight: 0,
  };
  const recorded: Destination = {
    identity: inner.identity,
    ...(inner.identityOf && { identityOf: inner.identityOf.bind(inner) }),
    traits: inner.traits,
    accept: (object) => inner.accept(object),
    openSession: (request, call) => {
      log.opened++;
      return inner.openSession(request, call);
    },
    prepareChunks: (session, indexes, call) => inner.prepareChunks(session, indexes, call),
    sendChunk: async (session, chunk, body, call) => {
      log.sends.push({ index: chunk.index, uploadId: session.uploadId, at: now() });
      log.mostInFlight = Math.max(log.mostInFlight, ++log.inFlight);
      return inner.sendChunk(session, chunk, body, call).finally(() => log.inFlight--);
    },
    reportProofs: (session, proofs, call) => {
      log.reports.push(proofs.map(({ index }) => index));
      return inner.reportProofs(session, proofs, call);
    },
    finish: (session, proofs, digest, call) => {
      log.finished++;
      return inner.finish(session, proofs, digest, call);
    },
    sessionStatus: (session, call) => inner.sessionStatus(session, call),
    chunkStates: (session, page, call) => inner.chunkStates(session, page, call),
    assetStatus: (assetId, call) => inner.assetStatus(assetId, call),
  };
  return [recorded, log];
}
