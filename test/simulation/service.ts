import {
  type InProcessTwelveLabs,
  openInProcess,
} from '#local/simulators/twelvelabs/in-process.ts';
import type { TwelveLabsSwitches } from '#local/simulators/twelvelabs/switches.ts';
import { systemClock } from '#src/config/system-clock.ts';
import type { ChunkRecord } from '#src/core/transfer.ts';
import type { Chance } from './chance.ts';
import type { Mishaps } from './fault-classes.ts';

/** The service, with a memory of what it was given. */
export interface Service extends InProcessTwelveLabs {
  /** Whether it took bytes of that MD5 for a chunk and answered that ETag. */
  wasTaken(uploadId: string, chunk: Pick<ChunkRecord, 'index' | 'md5' | 'proof'>): boolean;
  /** Sessions whose create was never answered: nobody may know them. */
  readonly unanswered: Set<string>;
  /** Sessions that the service denies for a while. */
  readonly vanished: Set<string>;
  readonly isOpaque: boolean;
}

/** A service whose unknowns are drawn from the seed. */
export async function openService(
  seed: number,
  chance: Chance,
  mishaps: Mishaps,
): Promise<Service> {
  const etag = mishaps.strikes('opaque ETags')
    ? chance.pick(['kms', 'kms-silent', 'opaque'] as const)
    : 'md5';
  const switches = drawSwitches(chance);
  const service = await openInProcess({ ...switches, seed, clock: systemClock, etag });
  const taken = new Set<string>();
  const { sessions } = service.parts;
  const keep = sessions.keep.bind(sessions);
  sessions.keep = (session, index, stored) => {
    taken.add(`${session.uploadId} ${index} ${stored.md5} ${stored.etag}`);
    keep(session, index, stored);
  };
  return {
    ...service,
    isOpaque: etag !== 'md5',
    wasTaken: (uploadId, { index, md5, proof }) =>
      taken.has(`${uploadId} ${index} ${md5} ${proof}`),
    unanswered: new Set(),
    vanished: new Set(),
  };
}

const secondMs = 1_000;

function drawSwitches(chance: Chance): Partial<TwelveLabsSwitches> {
  const isLimited = chance.hits(0.1);
  return {
    chunkSizeBytes: chance.pick([96, 256, 384]),
    initialUrls: chance.pick([0, 1, 10]),
    singleUse: 'by-attempt',
    badReport: chance.pick(['refuse', 'mark-failed']),
    reportAfterCompletion: chance.pick(['refuse', 'count-duplicates']),
    countPastEnd: chance.pick(['refuse', 'clip']),
    completedChunkUrls: chance.pick(['issue', 'skip']),
    expiredSession: chance.pick(['bad-request', 'not-found']),
    completedAfterMs: chance.pick([0, 0, 20 * secondMs]),
    assetReadyAfterMs: chance.pick([0, 4 * secondMs, 90 * secondMs]),
    unfinishedAsset: chance.pick(['processing', 'not-found']),
    listOrder: chance.pick(['newest-first', 'oldest-first']),
    ...(isLimited && {
      rateLimit: {
        calls: 20,
        windowMs: 60 * secondMs,
        retryAfter: chance.hits(0.5),
        headers: true,
      },
      maxActiveSessions: 8,
    }),
  };
}
