import type { SessionSnapshot } from '#local/simulators/twelvelabs/simulator.ts';
import { isOver, type SessionRecord, type TransferRecord } from '#src/core/transfer/transfer.ts';
import { rejectionIdOf } from '#src/transfer/transfer-ids.ts';
import type { Execution } from '../load/executions.ts';
import type { Content } from '../load/objects.ts';
import { contentOf, sha256 } from '../load/objects.ts';
import { judgeSecrets } from './secrets.ts';
import type { World } from '../load/simulation.ts';

/** The maximum difference between a session's creation at the service and in its row, in ms. */
const attributionMs = 120_000;

/** Checks the invariants of a run in which everything has ended. */
export async function judgeWorld(world: World): Promise<void> {
  const rows = await allTransfers(world);
  await judgeAssets(world, rows);
  await judgeSessions(world, rows);
  await judgeLeaks(world, rows);
  judgeOutcomes(world, rows);
  judgeSecrets(world, rows.length);
  for (const execution of world.executions.all.values()) await judgeTold(world, execution, rows);
}

/** Returns all rows of transfers, including rejected starts. */
export async function allTransfers({ tables }: World): Promise<TransferRecord[]> {
  const [rows] = JSON.parse(tables.store.dump()) as [[string, TransferRecord][]];
  return rows.map(([, row]) => row);
}

async function judgeAssets(world: World, rows: readonly TransferRecord[]): Promise<void> {
  const { service, tables, judge, duplicates } = world;
  const ready = new Map<string, string[]>();
  for (const { assetId, uploadId, state } of service.assets()) {
    if (state !== 'ready') continue;
    const known = tables.uploads.get(uploadId);
    const row = rows.find(({ transferId }) => transferId === known?.transferId);
    if (!row) {
      judge.broken('every ready asset belongs to a transfer', assetId);
      continue;
    }
    const content = world.objects.pinned(row.source) as Content;
    const isWhole = (await service.storedSha256(assetId)) === sha256(content.bytes);
    if (!isWhole && !isReportedWrong(world, row, assetId))
      judge.broken('a ready asset holds exactly the bytes', `${assetId} of ${row.source.key}`);
    ready.set(row.transferId, [...(ready.get(row.transferId) ?? []), assetId]);
  }
  for (const { outcome } of rows)
    for (const assetId of (outcome?.duplicates ?? []) as string[]) duplicates.add(assetId);
  for (const row of rows) judgeIngest(world, row);
  for (const row of rows) judgeReady(world, row, ready.get(row.transferId) ?? []);
  for (const [transferId, assets] of ready) {
    const unrecorded = assets.filter((assetId) => !duplicates.has(assetId));
    if (unrecorded.length > 1)
      judge.broken('one ready asset per version and ingest', `${transferId}: ${assets.join(' ')}`);
  }
}

/**
 * Whether an asset of wrong bytes is reported. The checksum detects wrong bytes of S3 only after the
 * service made the asset: a failure event names it, or the outcome lists it as a duplicate to delete.
 */
function isReportedWrong(world: World, row: TransferRecord, assetId: string): boolean {
  const { misread, duplicates, events } = world;
  if (!misread.has(contentOf(row.source))) return false;
  const ends = ['Transfer Failed', 'Transfer Cancelled'];
  const failures = events.filter(({ type }) => ends.includes(type));
  return duplicates.has(assetId) || failures.some(({ detail }) => detail.assetId === assetId);
}

/** Checks that a further asset of one object version is made only by a forced start. */
function judgeIngest(
  { judge, executions }: World,
  { ingestNumber, source, transferId }: TransferRecord,
) {
  const forced = [...executions.all.values()].filter(({ input }) => {
    const { key, force } = (input ?? {}) as { key?: string; force?: boolean };
    return force && key === source.key;
  });
  if (ingestNumber - 1 > forced.length) judge.broken('a further ingest was asked for', transferId);
}

function judgeReady({ judge }: World, row: TransferRecord, assets: readonly string[]): void {
  if (row.state !== 'ready' || assets.includes(row.assetId ?? '')) return;
  judge.broken('a ready row has its ready asset', `${row.transferId}: ${row.assetId}`);
}

/** Checks that every session has a row, or a create attempt of its size and time. */
async function judgeSessions(world: World, rows: readonly TransferRecord[]): Promise<void> {
  const { service, tables, judge } = world;
  const attempts: { readonly sizeBytes: number; readonly record: SessionRecord }[] = [];
  for (const { transferId, source } of rows)
    for (const record of await tables.store.sessions(transferId))
      if (!record.session) attempts.push({ sizeBytes: source.sizeBytes, record });
  for (const session of service.sessions()) {
    if (await tables.store.transferOfUpload(session.uploadId)) continue;
    const at = attempts.findIndex(
      ({ sizeBytes, record: { openedAt } }) =>
        sizeBytes === session.totalSize && Math.abs(openedAt - session.createdAt) < attributionMs,
    );
    if (at < 0) judge.broken('every session is attributed', session.uploadId);
    else attempts.splice(at, 1);
  }
}

/** Checks that the last sweep counted the orphan sessions and attributed each of them. */
export async function judgeOrphans(world: World): Promise<void> {
  const { service, tables, orphans, judge } = world;
  let [unknown, unfinished] = [0, 0];
  for (const session of service.sessions()) {
    if (await tables.store.transferOfUpload(session.uploadId)) continue;
    unknown++;
    if (session.state !== 'active') continue;
    unfinished++;
    const transferId = orphans.attributed.get(session.uploadId) ?? 'none';
    if (!(await mayBelongTo(world, transferId, session)))
      judge.broken('an orphan is attributed', `${session.uploadId} to ${transferId}`);
  }
  if (orphans.counted < unfinished || orphans.counted > unknown)
    judge.broken('orphans are counted', `${orphans.counted}, of ${unfinished} to ${unknown}`);
}

/** Whether the transfer has an unanswered create attempt of the session's size and time. */
async function mayBelongTo({ tables }: World, transferId: string, session: SessionSnapshot) {
  const sizeBytes = (await tables.store.transfer(transferId))?.source.sizeBytes;
  const attempts = await tables.store.sessions(transferId);
  return attempts.some(
    (attempt) =>
      attempt.session === undefined &&
      sizeBytes === session.totalSize &&
      Math.abs(attempt.openedAt - session.createdAt) < attributionMs,
  );
}

async function judgeLeaks(world: World, rows: readonly TransferRecord[]): Promise<void> {
  const { tables, judge } = world;
  const now = Date.now();
  for (const { slot, transferId } of tables.queue.held.values())
    judge.broken('no slot is leaked', `slot ${slot} by ${transferId}`);
  for (const { priority, number, transferId } of tables.queue.tickets())
    judge.broken('no ticket is leaked', `${priority} ${number} of ${transferId}`);
  for (const { transferId, state, sessionNumber } of rows) {
    if (state === 'active') judge.broken('no lease is leaked', transferId);
    if (state === 'queued') judge.broken('no transfer is lost in the queue', transferId);
    for (const { n, claimUntil = 0, sender } of await tables.store.ranges(
      transferId,
      sessionNumber,
    ))
      if (sender && claimUntil > now) judge.broken('no claim is leaked', `${transferId} ${n}`);
  }
}

/** Checks that the last event of each ended transfer matches its row. */
function judgeOutcomes({ judge, events }: World, rows: readonly TransferRecord[]): void {
  for (const { transferId, state, outcomePublished, outcome, assetId } of rows) {
    if (!isOver(state)) continue;
    const last = events.findLast(
      ({ type, detail }) => type !== 'Transfer Started' && detail.transferId === transferId,
    );
    const same = (name: string) => last?.detail[name] === outcome?.[name];
    if (state === 'ready' && outcome?.assetId !== assetId)
      judge.broken('an outcome names its own asset', transferId);
    if (((outcome?.duplicates ?? []) as unknown[]).includes(assetId))
      judge.broken('an asset is no duplicate of itself', transferId);
    if (last && !['error', 'assetId', 'checksum'].every(same))
      judge.broken('the event tells the outcome as it stands', transferId);
    if (!last || last.detail.status !== outcome?.status)
      judge.broken('an outcome event for each transfer', `${transferId}: ${last?.type}`);
    if (!outcomePublished) judge.broken('every event is confirmed', transferId);
  }
}

/** Checks that a failed execution is reported: by its transfer, its rejection, or the next owner. */
async function judgeTold(
  { judge, tables, executions }: World,
  { id, isEndReconciled, input, result, startedAt }: Execution,
  rows: readonly TransferRecord[],
): Promise<void> {
  if (!result) return judge.broken('every execution ends', id);
  if (result.status === 'SUCCEEDED') return;
  if (rows.some(({ owner, transferId }) => owner === id || transferId === rejectionIdOf(id)))
    return;
  // The next execution of the dispatcher completes the transfer or reports its end.
  const { dispatched } = (input ?? {}) as { dispatched?: { transferId: string } };
  const isOfDispatched = (row: TransferRecord) => row.transferId === dispatched?.transferId;
  if (rows.some((row) => isOfDispatched(row) && isOver(row.state))) return;
  const noted = await tables.store.transferOfExecution(id);
  const isHeld = tables.holds.some(
    ({ at, transferId, owner }) => transferId === noted && owner !== id && at >= startedAt,
  );
  // A redriven owner works on the transfer again and may end before its lease expires.
  const owner = rows.find(({ transferId }) => transferId === noted)?.owner ?? '';
  const isRedriven = (executions.all.get(owner)?.runsSince ?? 0) >= startedAt;
  if (isHeld || isRedriven) return;
  if (result.error === 'FencedOutError') judge.broken('an execution is fenced out by another', id);
  // An execution that died before its first row and without a status event leaves no trace to report.
  else if (isEndReconciled) judge.broken('a failed start is told of', `${id}: ${result.error}`);
}
