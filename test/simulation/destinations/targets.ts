import { type Community, openCommunity } from '../../destinations/selfcommunity/community.ts';
import type { Chance } from '../harness/chance.ts';

/** A service under random faults, with the harness of its transfers. */
export interface Target {
  readonly run: Pick<Community, 'harness' | 'change'>;
  readonly sha256: string;
  /** Chunks that the service takes at once. */
  readonly maxInFlight: number;
  /** Errors that a lost reply or a crash may leave for good: nobody can know the result. */
  readonly undecidable: readonly string[];
  /** Plans one fault of the wire or of the service. */
  planFault(chance: Chance): string;
  /** The SHA-256 of each file at the service, by id. */
  files(): readonly { readonly id: string; readonly sha256: string }[];
  close(): Promise<void>;
}

const transient = [408, 500, 502, 503, 504];

/** Opens SelfCommunity. A lost completion cannot be decided: the service has no call that lists media. */
export async function openPapers(chance: Chance): Promise<Target> {
  const community = await openCommunity({
    mode: chance.pick(['documented', 'library'] as const),
    sizeBytes: chance.between(1, 9_000),
    rotatesRefreshToken: chance.hits(0.5),
  });
  const { service, sha256, close } = community;
  const { faults } = service;
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
    return { on, nth: from.between(1, 4), ...effect };
  };
  return {
    ...{ run: community, sha256, maxInFlight: 1, close },
    // A token that was renewed by a lost reply is lost only if it rotates.
    undecidable: ['CompletionUnknownError', 'CredentialsRejectedError'],
    planFault: (from) => {
      const fault = communityFault(from);
      faults.add(fault);
      return JSON.stringify(fault);
    },
    files: () =>
      service.media().map(({ id }) => ({
        id: String(id),
        sha256: service.storedSha256(String(id)),
      })),
  };
}
