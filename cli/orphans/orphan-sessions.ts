import type { ListedSession } from '#src/core/transfer/destination.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';

/** The call that opened a younger session may not have recorded it yet, in ms. */
const graceMs = 120_000;

/** Sessions that are looked up at once. */
const lookups = 8;

/** Unfinished sessions, by whether a transfer knows them. */
export interface SortedSessions {
  readonly orphans: readonly ListedSession[];
  /** Sessions of transfers. */
  readonly known: number;
  /** Sessions too young to be judged. */
  readonly young: number;
}

/**
 * Sorts the service's unfinished sessions. Reads one row for each.
 */
export async function sortSessions(
  sessions: readonly ListedSession[],
  store: Pick<TransferStore, 'transferOfUpload'>,
  now: number,
): Promise<SortedSessions> {
  const isYoung = ({ createdAt = 0 }: ListedSession) => createdAt > now - graceMs;
  const judged = sessions.filter((session) => !isYoung(session));
  const orphans: ListedSession[] = [];
  for (let at = 0; at < judged.length; at += lookups)
    for (const session of await unknownOf(judged.slice(at, at + lookups), store))
      orphans.push(session);
  return {
    orphans: orphans.sort((a, b) => (a.createdAt ?? 0) - (b.createdAt ?? 0)),
    known: judged.length - orphans.length,
    young: sessions.length - judged.length,
  };
}

async function unknownOf(
  sessions: readonly ListedSession[],
  store: Pick<TransferStore, 'transferOfUpload'>,
): Promise<ListedSession[]> {
  const owners = await Promise.all(
    sessions.map(({ uploadId }) => store.transferOfUpload(uploadId)),
  );
  return sessions.filter((_, index) => owners[index] === undefined);
}
