import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { Executions } from '../stack/executions.ts';
import { shortId } from './transfer-view.ts';

/** A started execution. */
export interface Started {
  readonly transferId: string;
  readonly execution: string;
}

/**
 * Returns the input of a start that continues a transfer. Without `force`: the transfer of a forced start is
 * the newest of its object, and `force` would make another.
 */
export function inputOf({ source, options }: TransferRecord) {
  const { bucket, key, versionId } = source;
  const { force: _, ...others } = options;
  const version = versionId && versionId !== 'null' ? { versionId } : {};
  return { bucket, key, ...version, ...others };
}

/**
 * Starts an execution that continues a transfer.
 * @param now - part of the execution's name, so that a repeated call within a second starts nothing
 * @throws CommandError - StartExecution failed
 */
export async function retryTransfer(
  executions: Executions,
  record: TransferRecord,
  now: number,
): Promise<Started> {
  const name = `retry-${shortId(record)}-${Math.floor(now / 1000)}`;
  const execution = await executions.start(name, inputOf(record));
  return { transferId: record.transferId, execution };
}
