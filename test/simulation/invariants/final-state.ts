import { isOver, type TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { SessionRecord } from '#src/core/transfer/upload-rows.ts';
import { rejectionIdOf } from '#src/step-support/transfer-ids.ts';
import { hex } from '../../doubles/destinations/service.ts';
import { type Content, contentOf } from '../../doubles/memory/memory-source.ts';
import type { Execution } from '../load/executions.ts';
import type { Simulation } from '../load/simulation.ts';
import { checkSecrets } from './secrets.ts';

/** The maximum difference between a session's creation at the service and in its row, in ms. */
const attributionMs = 120_000;

/** Checks the invariants of a run in which everything has ended. */
export async function checkFinalState(simulation: Simulation): Promise<void> {
  const rows = await allTransfers(simulation);
  await checkAssets(simulation, rows);
  await checkSessions(simulation, rows);
  await checkLeaks(simulation, rows);
  checkOutcomes(simulation, rows);
  checkSecrets(simulation, rows.length);
  for (const execution of simulation.executions.all.values())
    await checkReported(simulation, execution, rows);
}

/** Returns all rows of transfers, including rejected starts. */
export async function allTransfers({ tables }: Simulation): Promise<TransferRecord[]> {
  const [rows] = JSON.parse(tables.store.dump()) as [[string, TransferRecord][]];
  return rows.map(([, row]) => row);
}

async function checkAssets(simulation: Simulation, rows: readonly TransferRecord[]): Promise<void> {
  const { service, tables, violations, duplicates } = simulation;
  const ready = new Map<string, string[]>();
  for (const { assetId, uploadId, state } of service.assets()) {
    if (state !== 'ready') continue;
    const known = tables.uploads.get(uploadId);
    const row = rows.find(({ transferId }) => transferId === known?.transferId);
    if (!row) {
      violations.report('every ready asset belongs to a transfer', assetId);
      continue;
    }
    const content = simulation.objects.pinned(row.source) as Content;
    const isWhole = (await service.storedSha256(assetId)) === hex('sha256', content.bytes);
    if (!isWhole && !isReportedWrong(simulation, row, assetId))
      violations.report(
        'a ready asset holds exactly the bytes of its object',
        `${assetId} of ${row.source.key}`,
      );
    ready.set(row.transferId, [...(ready.get(row.transferId) ?? []), assetId]);
  }
  for (const { outcome } of rows)
    for (const assetId of (outcome?.duplicates ?? []) as string[]) duplicates.add(assetId);
  for (const row of rows) checkIngest(simulation, row);
  for (const row of rows) checkReady(simulation, row, ready.get(row.transferId) ?? []);
  for (const [transferId, assets] of ready) {
    const unrecorded = assets.filter((assetId) => !duplicates.has(assetId));
    if (unrecorded.length > 1)
      violations.report(
        'one ready asset per version and ingest',
        `${transferId}: ${assets.join(' ')}`,
      );
  }
}

/**
 * Whether an asset of wrong bytes is reported. The checksum detects wrong bytes of S3 only after the
 * service made the asset: a failure event names it, or the outcome lists it as a duplicate to delete.
 */
function isReportedWrong(simulation: Simulation, row: TransferRecord, assetId: string): boolean {
  const { misread, duplicates, events } = simulation;
  if (!misread.has(contentOf(row.source))) return false;
  const ends = ['Transfer Failed', 'Transfer Cancelled'];
  const failures = events.filter(({ type }) => ends.includes(type));
  return duplicates.has(assetId) || failures.some(({ detail }) => detail.assetId === assetId);
}

/** Checks that a further asset of one object version is made only by a forced start. */
function checkIngest(
  { violations, executions }: Simulation,
  { ingestNumber, source, transferId }: TransferRecord,
) {
  const forced = [...executions.all.values()].filter(({ input }) => {
    const { key, force } = (input ?? {}) as { key?: string; force?: boolean };
    return force && key === source.key;
  });
  if (ingestNumber - 1 > forced.length)
    violations.report('a further ingest was request for', transferId);
}

function checkReady(
  { violations }: Simulation,
  row: TransferRecord,
  assets: readonly string[],
): void {
  if (row.state !== 'ready' || assets.includes(row.assetId ?? '')) return;
  violations.report('a ready row has its ready asset', `${row.transferId}: ${row.assetId}`);
}

/** Checks that every session has a row, or a create attempt of its size and time. */
async function checkSessions(
  simulation: Simulation,
  rows: readonly TransferRecord[],
): Promise<void> {
  const { service, tables, violations } = simulation;
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
    if (at < 0) violations.report('every session is attributed', session.uploadId);
    else attempts.splice(at, 1);
  }
}

/** Checks that the last sweep counted the orphan sessions. */
export async function checkOrphans(simulation: Simulation): Promise<void> {
  const { service, tables, orphans, violations } = simulation;
  let [unknown, unfinished] = [0, 0];
  for (const session of service.sessions()) {
    if (await tables.store.transferOfUpload(session.uploadId)) continue;
    unknown++;
    if (session.state === 'active') unfinished++;
  }
  if (orphans.counted < unfinished || orphans.counted > unknown)
    violations.report('orphans are counted', `${orphans.counted}, of ${unfinished} to ${unknown}`);
}

async function checkLeaks(simulation: Simulation, rows: readonly TransferRecord[]): Promise<void> {
  const { tables, violations } = simulation;
  const now = Date.now();
  for (const { slot, transferId } of tables.queue.held.values())
    violations.report('no slot is leaked', `slot ${slot} by ${transferId}`);
  for (const { priority, number, transferId } of tables.queue.tickets())
    violations.report('no ticket is leaked', `${priority} ${number} of ${transferId}`);
  for (const { transferId, state, sessionNumber } of rows) {
    if (state === 'active') violations.report('no lease is leaked', transferId);
    if (state === 'queued') violations.report('no transfer is lost in the queue', transferId);
    for (const { n, claimUntil = 0, sender } of await tables.store.ranges(
      transferId,
      sessionNumber,
    ))
      if (sender && claimUntil > now) violations.report('no claim is leaked', `${transferId} ${n}`);
  }
}

/** Checks that the last event of each ended transfer matches its row. */
function checkOutcomes({ violations, events }: Simulation, rows: readonly TransferRecord[]): void {
  for (const { transferId, state, outcomePublished, outcome, assetId } of rows) {
    if (!isOver(state)) continue;
    const last = events.findLast(
      ({ type, detail }) => type !== 'Transfer Started' && detail.transferId === transferId,
    );
    const same = (name: string) => last?.detail[name] === outcome?.[name];
    if (state === 'ready' && outcome?.assetId !== assetId)
      violations.report('an outcome names its own asset', transferId);
    if (((outcome?.duplicates ?? []) as unknown[]).includes(assetId))
      violations.report('an asset is not a duplicate of itself', transferId);
    if (last && !['error', 'assetId', 'checksum'].every(same))
      violations.report('the event matches the recorded outcome', transferId);
    if (!last || last.detail.status !== outcome?.status)
      violations.report('an outcome event for each transfer', `${transferId}: ${last?.type}`);
    if (!outcomePublished) violations.report('every outcome is marked as published', transferId);
  }
}

/** Checks that a failed execution is reported: by its transfer, its rejection, or the next owner. */
async function checkReported(
  { violations, tables, executions }: Simulation,
  { id, isEndReconciled, input, result, startedAt }: Execution,
  rows: readonly TransferRecord[],
): Promise<void> {
  if (!result) return violations.report('every execution ends', id);
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
  if (result.error === 'FencedOutError')
    violations.report('an execution is fenced out by another', id);
  // An execution that died before its first row and without a status event leaves no trace to report.
  else if (isEndReconciled)
    violations.report('a failed start is reported', `${id}: ${result.error}`);
}
