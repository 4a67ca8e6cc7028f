import {
  type InProcessTwelveLabs,
  openInProcess,
} from '#local/simulators/twelvelabs/in-process.ts';
import type { TwelveLabsSwitches } from '#local/simulators/twelvelabs/settings/switches.ts';
import type { ChunkRecord } from '#src/core/transfer/upload-rows.ts';
import { systemClock } from '#src/system/system-clock.ts';
import { ApiOutages } from '../faults/api-outages.ts';
import type { Faults } from '../faults/fault-classes.ts';
import { OffSpecReplies } from '../faults/off-spec-replies.ts';
import { SlowConnection } from '../faults/slow-connection.ts';
import type { Chance } from '../harness/chance.ts';

/** The simulated service, with a record of its uploads. */
export interface Service extends InProcessTwelveLabs {
  /** Whether the service stored bytes of that MD5 for a chunk and returned that ETag. */
  wasTaken(uploadId: string, chunk: Pick<ChunkRecord, 'index' | 'md5' | 'proof'>): boolean;
  /** Sessions whose create reply was lost: no caller may know them. */
  readonly unanswered: Set<string>;
  /** Sessions that the service temporarily does not find. */
  readonly vanished: Set<string>;
  readonly isOpaque: boolean;
  readonly outages: ApiOutages;
  readonly replies: OffSpecReplies;
  /** The connection to the upload host, if it is slow. */
  readonly connection: SlowConnection | undefined;
  /** Complete sessions that the service does not find, until when, and whether for all operations. */
  readonly purged: Map<string, { readonly until: number; readonly isWhole: boolean }>;
  /** When the caller recorded that a report's reply declared an upload complete, in ms. */
  readonly confirmed: Map<string, number>;
  /** Returns that time for an upload whose session and asset have not failed since. */
  confirmedAt(uploadId: string): number | undefined;
}

/** Opens a service. Its undocumented behaviour is drawn from the seed. */
export async function openService(seed: number, chance: Chance, faults: Faults): Promise<Service> {
  const etag = faults.strikes('opaque ETags')
    ? chance.pick(['kms', 'kms-silent', 'opaque'] as const)
    : 'md5';
  const switches = drawSwitches(chance);
  const service = await openInProcess({ ...switches, seed, clock: systemClock, etag });
  const taken = new Set<string>();
  const confirmed = new Map<string, number>();
  const { sessions } = service.context;
  const { chunkSizeBytes, maxActiveSessions } = service.context.switches;
  const mayLoseCreates = maxActiveSessions === Number.POSITIVE_INFINITY;
  const isSlow = faults.strikes('slow connection');
  const storeChunk = sessions.storeChunk.bind(sessions);
  sessions.storeChunk = (session, index, stored) => {
    taken.add(`${session.uploadId} ${index} ${stored.md5} ${stored.etag}`);
    storeChunk(session, index, stored);
  };
  return {
    ...service,
    isOpaque: etag !== 'md5',
    wasTaken: (uploadId, { index, md5, proof }) =>
      taken.has(`${uploadId} ${index} ${md5} ${proof}`),
    unanswered: new Set(),
    vanished: new Set(),
    outages: new ApiOutages(faults, chance, mayLoseCreates),
    replies: new OffSpecReplies(faults, chance),
    connection: isSlow ? new SlowConnection(Number(chunkSizeBytes), chance, faults) : undefined,
    purged: new Map(),
    confirmed,
    confirmedAt: (uploadId) => {
      const at = confirmed.get(uploadId);
      if (at === undefined) return undefined;
      const { completesAt, failed, asset } = sessions.known(uploadId);
      const isGood = completesAt !== undefined && !failed && !asset.failure && !asset.deleted;
      return isGood ? at : undefined;
    },
  };
}

const secondMs = 1_000;

function drawSwitches(chance: Chance): Partial<TwelveLabsSwitches> {
  const isLimited = chance.hits(0.1);
  return {
    chunkSizeBytes: chance.pick([96, 256, 384]),
    initialUrls: chance.pick([0, 1, 10]),
    singleUse: 'by-attempt',
    badReport: chance.pick(['reject', 'mark-failed']),
    reportAfterCompletion: chance.pick(['reject', 'count-duplicates']),
    countPastEnd: chance.pick(['reject', 'clip']),
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
