import type { Fault as CommunityFault } from '#local/simulators/selfcommunity/faults.ts';
import { type Change, openCommunity } from '../../destinations/selfcommunity/community.ts';
import { droppedChunk } from '../../destinations/selfcommunity/faults.ts';
import type { Faults } from '../faults/fault-classes.ts';
import type { Chance } from '../harness/chance.ts';
import type { AdapterMutation } from './adapter-mutations.ts';
import { openPortFaults } from './port-faults.ts';
import { type Target, transient } from './target.ts';

/** Opens SelfCommunity. A lost completion cannot be decided: the service has no call that lists media. */
export async function openSelfCommunityTarget(
  chance: Chance,
  mutation?: AdapterMutation,
): Promise<Target> {
  const community = await openCommunity({
    mode: chance.pick(['documented', 'library'] as const),
    sizeBytes: chance.between(1, 9_000),
    rotatesRefreshToken: chance.hits(0.5),
  });
  const { harness, service, sha256, close } = community;
  const { faults } = service;
  const forgetsCompleted = chance.hits(0.5);
  const { change: fail, faults: portFaults } = openPortFaults(chance, harness);
  const change: Change = (ports) => {
    const failing = { ...ports, ...fail(ports) };
    return { ...failing, ...mutation?.ports?.(failing) };
  };
  const communityFault = (from: Chance) => {
    const on = from.pick(['chunk', 'chunk', 'chunk', 'complete', 'media', 'token'] as const);
    const effect = from.pick([
      { kind: 'status', status: from.pick(transient) },
      { kind: 'throttle', seconds: from.between(1, 90) },
      { kind: 'page', status: from.pick([404, 502, 503]) },
      { kind: 'reset' },
      { kind: 'lost-reply' },
      { kind: 'expire-token' },
    ] as const);
    // A run has one completion.
    return { on, nth: on === 'complete' ? 1 : from.between(1, 4), ...effect };
  };
  return {
    ...{ run: { harness, change }, portFaults, sha256, maxInFlight: 1, close },
    isUndecidable: (error, kills) =>
      error === 'CompletionUnknownError' && mayHideCompletion(faults.applied, portFaults, kills),
    planFault: (from) => {
      const fault = from.hits(0.1)
        ? droppedChunk(service, from.between(1, 3))
        : communityFault(from);
      faults.add(fault);
      return JSON.stringify(fault);
    },
    files: () =>
      service.media().map(({ id }) => ({
        id: String(id),
        sha256: service.storedSha256(String(id)),
      })),
    // A service may forget an upload once it is a media.
    onKill: () => {
      if (forgetsCompleted && service.media().length > 0) service.forgetUploads();
    },
    deleteFile: (id) => service.deleteMedia(id),
    flaws: () => [],
  };
}

/** Statuses of a server, or of a proxy before it, that may have acted on the request. 503 says that it did not. */
const ambiguousStatuses: readonly number[] = [408, 500, 502, 504];

/** True for a fault of the completion after which the media may exist. */
function isAmbiguous(fault: CommunityFault): boolean {
  if (fault.on !== 'complete') return false;
  if ('status' in fault) return ambiguousStatuses.includes(fault.status);
  return fault.kind === 'reset' || fault.kind === 'lost-reply';
}

/**
 * True if the result of the completion may be unknown: its reply was lost or ambiguous, or a process died, or could
 * not write, between the claim of the completion and the record of its result.
 */
function mayHideCompletion(
  applied: readonly CommunityFault[],
  { injected }: Faults,
  kills: number,
): boolean {
  const ofTable = [...injected.keys()].some((name) => name.includes('table'));
  return applied.some(isAmbiguous) || ofTable || kills > 0;
}
