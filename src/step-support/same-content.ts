import { isSameContent } from '#src/core/source/same-content.ts';
import type { SourceObject } from '#src/core/source/source-object.ts';
import { type Destination, identityOf } from '#src/core/transfer/destination.ts';
import type { TransferOptions } from '#src/core/transfer/transfer-options.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { Inspected } from './state.ts';
import type { Invocation, Needs } from './step.ts';
import { contentIds } from './transfer-ids.ts';

/**
 * Finds a ready transfer of an earlier version of the same key with exactly these bytes. Returns undefined
 * unless the source sets `sameContent: 'reuse'`, digests prove the same bytes, the asset is still ready,
 * and the asset has the requested options.
 */
export async function findSameContent(
  { store, destination }: Needs<'store' | 'destination'>,
  { source, options }: Inspected,
  { signal }: Pick<Invocation, 'signal'>,
): Promise<TransferRecord | undefined> {
  for (const contentId of contentIds(identityOf(destination, options), source)) {
    const transferId = await store.transferOfContent(contentId);
    const row = transferId === undefined ? undefined : await store.transfer(transferId);
    // The content record may be older than the row, so the row decides.
    if (row?.state !== 'ready' || row.assetId === undefined) continue;
    if (!isSameContent(row.source, source) || !isSameKind(destination, row.source, source))
      continue;
    if (!hasOptions(row.options, options)) continue;
    const { phase } = await destination.assetStatus(row.assetId, { signal });
    if (phase === 'ready') return row;
  }
  return undefined;
}

/** Records the digests of a ready asset. A later version with the same digests can then use the asset. */
export async function recordContent(
  { store }: Needs<'store'>,
  { destination, source, transferId }: TransferRecord,
): Promise<void> {
  for (const contentId of contentIds(destination, source))
    await store.recordContent(contentId, transferId);
}

/** True if both objects are of the same kind: the service makes different assets of audio and video. */
function isSameKind(
  destination: Destination,
  existing: SourceObject,
  requested: SourceObject,
): boolean {
  return destination.accept(existing).kind === destination.accept(requested).kind;
}

/** True if the asset has every requested option. An event requests none. */
function hasOptions(
  existing: TransferOptions,
  { force: _force, priority: _priority, ...requested }: TransferOptions,
): boolean {
  return Object.entries(requested).every(
    ([name, value]) => value === undefined || sortedJson(existing[name]) === sortedJson(value),
  );
}

/** Sorts the keys: the table does not preserve the order of an object's keys. */
function sortedJson(value: unknown): string {
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
  return JSON.stringify(value, isRecord ? Object.keys(value).sort() : undefined);
}
