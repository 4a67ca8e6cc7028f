import type { TransferRecord } from '#src/core/transfer/transfer.ts';
import { transferLogFields } from '#src/transfer/outcome.ts';
import {
  type SweepCounts,
  type ReconcilerPorts,
  type ServiceCall,
  workThrough,
} from './reconciler-ports.ts';

/** A session that ends sooner than this is told of: time enough for a person to act, in ms. */
const nearExpiryMs = 2 * 3600 * 1000;

/** Sessions read by one run; only transfers that hold a slot, or held one lately, have one open. */
const maxSessionsRead = 1_000;

/** Counts the open sessions of transfers still sending that end within two hours, and names each. */
export async function countExpiringSessions(
  ports: ReconcilerPorts,
  call: ServiceCall,
  actives: readonly TransferRecord[],
): Promise<SweepCounts> {
  const sending = actives
    .filter((row) => row.sessionNumber > 0 && row.bytesCompleteAt === undefined)
    .sort((a, b) => a.createdAt - b.createdAt)
    .slice(0, maxSessionsRead);
  const isNear = (row: TransferRecord) => endsSoon(ports, row);
  const sessionsNearExpiry = await workThrough(ports, call, sending, isNear);
  ports.meter.add('SessionsNearExpiry', sessionsNearExpiry);
  return { sessionsNearExpiry };
}

async function endsSoon(
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
