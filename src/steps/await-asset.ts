import { throttledWaitSeconds } from '#src/core/backoff.ts';
import type { AssetStatus, Destination } from '#src/core/destination.ts';
import { isTransferError, TransferError } from '#src/core/errors.ts';
import { maxAssetMissingPolls, maxAwaitAssetSeconds } from '#src/core/limits.ts';
import { ownedTransfer, usableSession } from './ownership.ts';
import { causeOf, countTransferRetry } from './retries.ts';
import { type Ending, type Owned, ownedSchema, readState } from './state.ts';
import type { Invocation, Needs } from './step.ts';

type AwaitPorts = Needs<'store' | 'destination'>;

/** What AwaitAsset makes the state. */
export type Awaited =
  | (Owned & { readonly next: 'wait'; readonly waitSeconds: number })
  | (Owned & { readonly next: 'ended'; readonly waitSeconds: 0; readonly ending: Ending });

/**
 * Looks once whether the asset can be used: that all bytes arrived does not say so.
 * @throws AssetFailedError - with the service's own text
 * @throws AssetNotReadyError, AssetMissingError - the bound on waiting is passed
 */
export async function awaitAsset(
  ports: AwaitPorts,
  state: unknown,
  invocation: Invocation,
): Promise<Awaited> {
  const owned = readState(ownedSchema, state);
  await ownedTransfer(ports, owned, invocation);
  const { session } = await usableSession(ports, owned.transferId, owned.sessionNumber);
  const assetId = session.assetId ?? '';
  const { status, retryAfterSeconds } = await look(ports, owned, assetId, invocation);
  if (status.phase === 'ready') {
    const duplicates = await lateDuplicates(ports, owned.transferId, assetId, invocation);
    const ending = {
      status: 'ready' as const,
      assetId,
      ...(duplicates.length > 0 && { duplicates }),
    };
    return { ...owned, next: 'ended', waitSeconds: 0, ending };
  }
  const missing = owned.missing + (status.phase === 'missing' ? 1 : 0);
  refuseHopeless(status, assetId, { ...owned, missing }, ports.clock.now());
  const waitSeconds = throttledWaitSeconds(owned.polls, retryAfterSeconds);
  return { ...owned, missing, polls: owned.polls + 1, next: 'wait', waitSeconds };
}

async function look(
  ports: AwaitPorts,
  { transferId }: Owned,
  assetId: string,
  { signal }: Invocation,
): Promise<{ status: AssetStatus; retryAfterSeconds?: number | undefined }> {
  try {
    return { status: await ports.destination.assetStatus(assetId, { signal }) };
  } catch (error) {
    if (!isTransferError(error) || error.disposition !== 'retry') throw error;
    await countTransferRetry(ports, transferId, causeOf(error));
    return { status: { phase: 'processing' }, retryAfterSeconds: error.retryAfterSeconds };
  }
}

/** Assets that a session made although it had been given up for gone: a person must delete one. */
async function lateDuplicates(
  { store, destination, meter, log }: AwaitPorts,
  transferId: string,
  assetId: string,
  { signal }: Invocation,
): Promise<string[]> {
  const found: string[] = [];
  for (const { session } of await store.sessions(transferId)) {
    const other = session?.assetId;
    if (other === undefined || other === assetId) continue;
    if (await isReady(destination, other, signal)) found.push(other);
  }
  if (found.length > 0) {
    meter.add('LateDuplicates', found.length);
    log.error('a replaced session made an asset after all', {
      transferId,
      assetId,
      duplicates: found.join(' '),
    });
  }
  return found;
}

/** One that can't be asked about now holds up nothing: the asset in hand is ready. */
async function isReady(
  destination: Destination,
  assetId: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return (await destination.assetStatus(assetId, { signal })).phase === 'ready';
  } catch (error) {
    if (!isTransferError(error)) throw error;
    return false;
  }
}

function refuseHopeless(
  { phase, reason }: AssetStatus,
  assetId: string,
  { missing, since }: Owned,
  now: number,
): void {
  if (phase === 'failed') {
    throw new TransferError(
      'AssetFailedError',
      `asset ${assetId} failed: ${reason ?? 'the service gave no reason'}`,
    );
  }
  if (phase === 'missing' && missing > maxAssetMissingPolls) {
    throw new TransferError(
      'AssetMissingError',
      `the service does not know asset ${assetId} after ${missing} looks`,
    );
  }
  if (now - since > maxAwaitAssetSeconds * 1000) {
    throw new TransferError(
      'AssetNotReadyError',
      `asset ${assetId} is still ${phase} after ${maxAwaitAssetSeconds} s`,
    );
  }
}
