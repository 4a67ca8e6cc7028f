import { serviceLimits } from '#local/state-machine/definition/service-limits.ts';
import type { TransferEvent } from '#src/core/ports/events.ts';
import { isProven } from '#src/core/transfer/upload-rows.ts';
import type { ParsedRequest } from '../faults/faulty-transport.ts';
import type { Sandbox } from '../harness/sandbox.ts';
import type { Execution } from '../load/executions.ts';
import type { Simulation } from '../load/simulation.ts';
import { endOf } from './checked-store.ts';
import { checkFailure } from './failures.ts';

/** Checks a request at the moment it reaches the service. */
export function checkRequest(
  simulation: Simulation,
  request: ParsedRequest,
  sandbox: Sandbox,
): void {
  const { violations, service } = simulation;
  const { operation, uploadId, chunks } = request;
  if (operation !== 'put' && operation !== 'report') return;
  if (service.unanswered.has(uploadId)) {
    violations.report('an unanswered session is never used', `${sandbox.name} ${uploadId}`);
  }
  const indexes = chunks.map(({ index }) => index);
  const uses = service.context.calls.of('put', { uploadId }).filter(({ urlUse = 1 }) => urlUse > 1);
  if (service.connection?.isStoring === false)
    violations.report(
      'a slow connection stores chunks',
      `${sandbox.name} sends chunk ${indexes[0]}`,
    );
  if (uses.length > 0) violations.report('no presigned URL is used twice', `chunk ${indexes[0]}`);
  void checkChunks(simulation, request);
}

async function checkChunks(
  { violations, tables }: Simulation,
  { operation, uploadId, chunks }: ParsedRequest,
): Promise<void> {
  const known = tables.uploads.get(uploadId);
  if (!known) return;
  const rows = await tables.store.chunks(known.transferId, known.number);
  for (const { index, proof } of chunks) {
    const row = rows.get(index);
    if (operation === 'put' && isProven(row)) {
      violations.report('no send of a chunk with a durable proof', `chunk ${index} of ${uploadId}`);
    }
    if (operation === 'report' && !(row && (row.proof === proof || row.generation > 1))) {
      violations.report('a report names durable proofs only', `chunk ${index} of ${uploadId}`);
    }
  }
}

/** Checks that the row of an outcome is written before its event: after a crash the row remains. */
export function checkEvent(
  { violations, tables }: Simulation,
  { type, detail }: TransferEvent,
): void {
  if (type === 'Transfer Started' || tables.ends.has(endOf(detail.transferId, detail))) return;
  violations.report(
    'an outcome is recorded before it is published',
    `${type} of ${detail.transferId}`,
  );
}

/** Checks an execution at the moment of its end. */
export function checkEnd(simulation: Simulation, execution: Execution): void {
  const { violations, service } = simulation;
  const { id, result } = execution;
  if (!result) return;
  checkFailure(simulation, execution);
  const { status, output, error, largestPayloadBytes, historyEvents } = result;
  const { status: outputStatus, assetId } = (output ?? {}) as { status?: string; assetId?: string };
  const { payloadBytes, historyEvents: mostEvents } = serviceLimits;
  if (largestPayloadBytes > payloadBytes || historyEvents > mostEvents || largestPayloadBytes <= 0)
    violations.report(
      'payload and history stay within limits',
      `${id}: ${largestPayloadBytes} bytes`,
    );
  if (error === 'UnexpectedError' || error?.startsWith('States.'))
    violations.report('every failure has a catalogue name', `${id}: ${error} ${result.cause}`);
  if (status !== 'SUCCEEDED') return;
  if (
    outputStatus === undefined ||
    outputStatus === 'failed' ||
    (output as { error?: string }).error
  )
    violations.report('no execution succeeds with a failure', `${id}: ${JSON.stringify(output)}`);
  if (outputStatus !== 'ready') return;
  const asset = service.assets().find((one) => one.assetId === assetId);
  if (asset?.state !== 'ready')
    violations.report(
      'no success before the asset is ready',
      `${id}: ${assetId} is ${asset?.state}`,
    );
}
