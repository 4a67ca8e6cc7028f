import { type ServiceCall, workThrough } from '#src/background-work/work-through.ts';
import { transferLogFields } from '#src/core/transfer/log-fields.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { ReconcilerPorts, SweepCounts } from './reconciler-ports.ts';

/** The time before a session's expiry at which it is reported, in ms. An operator can still act. */
const nearExpiryMs = 2 * 3600 * 1000;

/** Sessions read in one run. Only transfers with a slot, or with a recent slot, have an open session. */
const maxSessionsRead = 1_000;

/** Counts and logs the open sessions of sending transfers that expire within two hours. */
export async function countExpiringSessions(
  ports: ReconcilerPorts,
  call: ServiceCall,
  actives: readonly TransferRecord[],
): Promise<SweepCounts> {
  const sending = actives
    .filter((row) => row.sessionNumber > 0 && row.bytesCompleteAt === undefined)
    .sort((a, b) => a.createdAt - b.createdAt)
    .slice(0, maxSessionsRead);
  const isNear = (row: TransferRecord) => isNearExpiry(ports, row);
  const sessionsNearExpiry = await workThrough(ports, call, sending, isNear);
  ports.meter.add('SessionsNearExpiry', sessionsNearExpiry);
  return { sessionsNearExpiry };
}

async function isNearExpiry(
  { store, clock, log }: ReconcilerPorts,
  row: TransferRecord,
): Promise<boolean> {
  const { transferId, sessionNumber } = row;
  const record = await store.session(transferId, sessionNumber);
  const expiresAt = record?.state === 'open' ? record.session?.expiresAt : undefined;
  const leftMs = expiresAt === undefined ? Number.NaN : expiresAt - clock.now();
  if (!(leftMs > 0 && leftMs <= nearExpiryMs)) return false;
  const secondsLeft = Math.round(leftMs / 1000);
  log.warn('session ends soon', { ...transferLogFields(row), sessionNumber, secondsLeft });
  return true;
}
