import type { ErrorOrigin } from '#src/core/errors/error-lookup.ts';
import type { CallOptions, Destination } from '#src/core/transfer/destination.ts';
import type { CallLimiter, CallLimits } from './call-limiter.ts';

/** Every member of the port, including optional ones. A new method does not compile until it is limited here. */
type EveryMember = { readonly [K in keyof Required<Destination>]: Destination[K] };

/**
 * Limits the calls of a destination: API calls as `service`, chunks as `storage`. A throttled reply lowers
 * the rate of its own kind only.
 */
export function createThrottledDestination(to: Destination, limiter: CallLimiter): Destination {
  const api = <T>(options: CallOptions, call: () => Promise<T>) =>
    callWithinLimit(limiter, 'service', options.signal, call);
  const { listUnfinished: list, abortSession: abort, prepareChunk: prepare } = to;
  const check = to.checkAccess?.bind(to);
  const {
    checkAccess,
    listUnfinished,
    abortSession,
    prepareChunk: _,
    identityOf,
    ...members
  }: EveryMember = {
    identity: to.identity,
    // Makes no call.
    identityOf: to.identityOf?.bind(to),
    traits: to.traits,
    accept: (object) => to.accept(object),
    openSession: (request, options) => api(options, () => to.openSession(request, options)),
    prepareChunks: (session, indexes, options) =>
      prepare ? nothing : api(options, () => to.prepareChunks(session, indexes, options)),
    // The engine does not make this call: `sendChunk` does.
    prepareChunk: undefined,
    sendChunk: async (session, chunk, body, options) => {
      if (prepare) await api(options, () => prepare(session, chunk.index, options));
      return callWithinLimit(limiter, 'storage', options.signal, () =>
        to.sendChunk(session, chunk, body, options),
      );
    },
    reportProofs: (session, proofs, options) =>
      api(options, () => to.reportProofs(session, proofs, options)),
    finish: (session, proofs, digest, options) =>
      api(options, () => to.finish(session, proofs, digest, options)),
    sessionStatus: (session, options) => api(options, () => to.sessionStatus(session, options)),
    chunkStates: (session, page, options) =>
      api(options, () => to.chunkStates(session, page, options)),
    assetStatus: (assetId, options) => api(options, () => to.assetStatus(assetId, options)),
    checkAccess: check && ((options) => api(options, () => check(options))),
    listUnfinished: list && ((options) => api(options, () => list(options))),
    abortSession: abort && ((session, options) => api(options, () => abort(session, options))),
  };
  return {
    ...members,
    ...(identityOf && { identityOf }),
    ...(checkAccess && { checkAccess }),
    ...(listUnfinished && { listUnfinished }),
    ...(abortSession && { abortSession }),
  };
}

const nothing = Promise.resolve();

/** Makes a call when the limits of its kind allow it. Adapts the limits to its error. */
export async function callWithinLimit<T>(
  limits: CallLimits,
  kind: ErrorOrigin,
  signal: AbortSignal | undefined,
  call: () => Promise<T>,
): Promise<T> {
  await limits.take(kind, signal);
  try {
    return await call();
  } catch (error) {
    await limits.learn(error);
    throw error;
  }
}
