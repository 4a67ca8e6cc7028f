import { serviceLimits } from '#local/state-machine/service-limits.ts';
import type { TransferEvent } from '#src/core/ports/events.ts';
import { isProven } from '#src/core/transfer/transfer.ts';
import type { Execution } from '../load/executions.ts';
import type { Asked } from '../faults/faulty-transport.ts';
import { judgeFailure } from './failures.ts';
import type { Sandbox } from '../../harness/sandbox.ts';
import { endOf } from './checked-store.ts';
import type { World } from '../load/simulation.ts';

/** Checks a request at the moment it reaches the service. */
export function checkRequest(world: World, asked: Asked, by: Sandbox): void {
  const { judge, service } = world;
  const { operation, uploadId, chunks } = asked;
  if (operation !== 'put' && operation !== 'report') return;
  if (service.unanswered.has(uploadId)) {
    judge.broken(
      'a session whose create was never answered is never used',
      `${by.name} ${uploadId}`,
    );
  }
  const indexes = chunks.map(({ index }) => index);
  const uses = service.context.calls.of('put', { uploadId }).filter(({ urlUse = 1 }) => urlUse > 1);
  if (service.line?.isStoring === false)
    judge.broken('a slow line stores chunks', `${by.name} sends chunk ${indexes[0]}`);
  if (uses.length > 0) judge.broken('no presigned URL is used twice', `chunk ${indexes[0]}`);
  void judgeChunks(world, asked);
}

async function judgeChunks(
  { judge, tables }: World,
  { operation, uploadId, chunks }: Asked,
): Promise<void> {
  const known = tables.uploads.get(uploadId);
  if (!known) return;
  const rows = await tables.store.chunks(known.transferId, known.number);
  for (const { index, proof } of chunks) {
    const row = rows.get(index);
    if (operation === 'put' && isProven(row)) {
      judge.broken('no send of a chunk with a durable proof', `chunk ${index} of ${uploadId}`);
    }
    if (operation === 'report' && !(row && (row.proof === proof || row.generation > 1))) {
      judge.broken('a report names durable proofs only', `chunk ${index} of ${uploadId}`);
    }
  }
}

/** Checks that the row of an outcome is written before its event: after a crash the row remains. */
export function judgeEvent({ judge, tables }: World, { type, detail }: TransferEvent): void {
  if (type === 'Transfer Started' || tables.ends.has(endOf(detail.transferId, detail))) return;
  judge.broken('an outcome is recorded before it is told', `${type} of ${detail.transferId}`);
}

/** Checks an execution at the moment of its end. */
export function judgeEnd(world: World, execution: Execution): void {
  const { judge, service } = world;
  const { id, result } = execution;
  if (!result) return;
  judgeFailure(world, execution);
  const { status, output, error, largestPayloadBytes, historyEvents } = result;
  const { status: outputStatus, assetId } = (output ?? {}) as { status?: string; assetId?: string };
  const { payloadBytes, historyEvents: mostEvents } = serviceLimits;
  if (largestPayloadBytes > payloadBytes || historyEvents > mostEvents || largestPayloadBytes <= 0)
    judge.broken('payload and history stay within limits', `${id}: ${largestPayloadBytes} bytes`);
  if (error === 'UnexpectedError' || error?.startsWith('States.'))
    judge.broken('every failure has a name of ours', `${id}: ${error} ${result.cause}`);
  if (status !== 'SUCCEEDED') return;
  if (outputStatus === undefined || outputStatus === 'failed' || (output as { error?: string }).error)
    judge.broken('no execution is green with a failure', `${id}: ${JSON.stringify(output)}`);
  if (outputStatus !== 'ready') return;
  const asset = service.assets().find((one) => one.assetId === assetId);
  if (asset?.state !== 'ready')
    judge.broken('no success before the asset is ready', `${id}: ${assetId} is ${asset?.state}`);
}
