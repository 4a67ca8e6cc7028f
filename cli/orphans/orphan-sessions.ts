import type { ListedSession } from '#src/core/transfer/destination.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';

/** Takes the place of `orphanGraceMs`, in ms, if ages are by the clock of this computer, which may be wrong. */
export const wideGraceMs = 1_800_000;

/** Sessions that are looked up at once. */
const lookups = 8;

/** Unfinished sessions, by whether a transfer knows them. */
export interface DividedSessions {
  readonly orphans: readonly ListedSession[];
  /** Sessions without a time that no transfer knows: they may be too young to be judged. */
  readonly undated: readonly ListedSession[];
  /** Sessions of transfers. */
  readonly known: number;
  /** Sessions too young to be judged. */
  readonly young: number;
}

/**
 * Divides the service's unfinished sessions by whether a transfer knows them. Reads one row for each.
 * @param youngFrom - sessions created since then are not judged, in milliseconds since 1970
 */
export async function divideSessions(
  sessions: readonly ListedSession[],
  store: Pick<TransferStore, 'transferOfUpload'>,
  youngFrom: number,
): Promise<DividedSessions> {
  const judged = sessions.filter(({ createdAt }) => !(createdAt && createdAt > youngFrom));
  const unknown: ListedSession[] = [];
  for (let at = 0; at < judged.length; at += lookups)
    for (const session of await unknownOf(judged.slice(at, at + lookups), store))
      unknown.push(session);
  const dated = unknown.filter(({ createdAt }) => createdAt !== undefined);
  return {
    orphans: dated.sort((a, b) => (a.createdAt ?? 0) - (b.createdAt ?? 0)),
    undated: unknown.filter(({ createdAt }) => createdAt === undefined),
    known: judged.length - unknown.length,
    young: sessions.length - judged.length,
  };
}

async function unknownOf(
  sessions: readonly ListedSession[],
  store: Pick<TransferStore, 'transferOfUpload'>,
): Promise<ListedSession[]> {
  const transferIds = await Promise.all(
    sessions.map(({ uploadId }) => store.transferOfUpload(uploadId)),
  );
  return sessions.filter((_, index) => transferIds[index] === undefined);
}
