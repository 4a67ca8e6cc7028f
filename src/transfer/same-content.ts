import { isSameContent } from '#src/core/source/same-content.ts';
import { mediaTypeOf, type SourceObject } from '#src/core/source/source-object.ts';
import type { TransferOptions, TransferRecord } from '#src/core/transfer/transfer.ts';
import type { Inspected } from './state.ts';
import type { Invocation, Needs } from './step.ts';
import { contentIds } from './transfer-ids.ts';

/**
 * Finds a ready transfer of an earlier version of the same key whose asset holds exactly these bytes.
 * Undefined unless the source asks for it (`sameContent: 'reuse'`), digests prove the same bytes, the
 * asset is still ready, and it was made with the options that are asked for.
 */
export async function findSameContent(
  { store, destination }: Needs<'store' | 'destination'>,
  { source, options }: Inspected,
  { signal }: Pick<Invocation, 'signal'>,
): Promise<TransferRecord | undefined> {
  for (const contentId of contentIds(destination.identity, source)) {
    const transferId = await store.transferOfContent(contentId);
    const row = transferId === undefined ? undefined : await store.transfer(transferId);
    // The content record may be older than the row, so the row decides.
    if (row?.state !== 'ready' || row.assetId === undefined) continue;
    if (!isSameContent(row.source, source) || !isSameKind(row.source, source)) continue;
    if (!hasOptions(row.options, options)) continue;
    const { phase } = await destination.assetStatus(row.assetId, { signal });
    if (phase === 'ready') return row;
  }
  return undefined;
}

/** Records by its digests what a ready asset holds, so that a later version may use it again. */
export async function recordContent(
  { store }: Needs<'store'>,
  { destination, source, transferId }: TransferRecord,
): Promise<void> {
  for (const contentId of contentIds(destination, source))
    await store.recordContent(contentId, transferId);
}

/** The service makes another asset of the same bytes where they are audio than where they are video. */
function isSameKind(made: SourceObject, asked: SourceObject): boolean {
  const kindOf = (object: SourceObject) => mediaTypeOf(object.key, object.contentType, object);
  return kindOf(made) === kindOf(asked);
}

/** An option that is not asked for may be anything; an event asks for none. */
function hasOptions(made: TransferOptions, { force: _, ...asked }: TransferOptions): boolean {
  return Object.entries(asked).every(
    ([name, value]) =>
      value === undefined || sortedText(made[name as keyof TransferOptions]) === sortedText(value),
  );
}

/** The table keeps no order of an object's keys. */
function sortedText(value: unknown): string {
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
  return JSON.stringify(value, isRecord ? Object.keys(value).sort() : undefined);
}
