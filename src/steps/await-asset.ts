import { growingWaitSeconds, wholeWaitSeconds } from '#src/core/backoff.ts';
import type { AssetStatus } from '#src/core/destination.ts';
import { isTransferError, TransferError } from '#src/core/errors.ts';
import { maxAssetMissingPolls, maxAwaitAssetSeconds } from '#src/core/limits.ts';
import { ownedTransfer, usableSession } from './ownership.ts';
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
    return { ...owned, next: 'ended', waitSeconds: 0, ending: { status: 'ready', assetId } };
  }
  refuseHopeless(status, assetId, owned, ports.clock.now());
  const waitSeconds = wholeWaitSeconds(retryAfterSeconds ?? growingWaitSeconds(owned.polls));
  return { ...owned, polls: owned.polls + 1, next: 'wait', waitSeconds };
}

async function look(
  { store, destination }: AwaitPorts,
  { transferId }: Owned,
  assetId: string,
  { signal }: Invocation,
): Promise<{ status: AssetStatus; retryAfterSeconds?: number | undefined }> {
  try {
    return { status: await destination.assetStatus(assetId, { signal }) };
  } catch (error) {
    if (!isTransferError(error) || error.disposition !== 'retry') throw error;
    await store.countRetries(transferId, { [error.name]: 1 });
    return { status: { phase: 'processing' }, retryAfterSeconds: error.retryAfterSeconds };
  }
}

function refuseHopeless(
  { phase, reason }: AssetStatus,
  assetId: string,
  { polls, since }: Owned,
  now: number,
): void {
  if (phase === 'failed') {
    throw new TransferError(
      'AssetFailedError',
      `asset ${assetId} failed: ${reason ?? 'the service gave no reason'}`,
    );
  }
  if (phase === 'missing' && polls >= maxAssetMissingPolls) {
    throw new TransferError(
      'AssetMissingError',
      `the service does not know asset ${assetId} after ${polls} looks`,
    );
  }
  if (now - since > maxAwaitAssetSeconds * 1000) {
    throw new TransferError(
      'AssetNotReadyError',
      `asset ${assetId} is still ${phase} after ${maxAwaitAssetSeconds} s`,
    );
  }
}
