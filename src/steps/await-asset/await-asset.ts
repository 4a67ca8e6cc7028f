import { growingWaitSeconds } from '#src/core/errors/backoff.ts';
import { TransferError } from '#src/core/errors/errors.ts';
import { isTransient } from '#src/core/errors/recovery.ts';
import { boundOf } from '#src/core/limits/recovery-bounds.ts';
import type { AwaitAssetAnswer } from '#src/core/stack/next-answers.ts';
import type { AssetStatus } from '#src/core/transfer/destination.ts';
import { findLateDuplicates, reportLateDuplicates } from '#src/transfer/late-duplicates.ts';
import { readOwnedTransfer, readUsableSession } from '#src/transfer/ownership.ts';
import { countTransferRetry, retryCauseOf } from '#src/transfer/retry-counts.ts';
import { type Ending, type Owned, ownedSchema, readState } from '#src/transfer/state.ts';
import type { Invocation, Needs } from '#src/transfer/step.ts';
import { remainingWait, waitOut } from '#src/transfer/wait-out.ts';

type AwaitPorts = Needs<'store' | 'destination'>;

/** What AwaitAsset makes the state. */
export type AwaitAssetResult =
  | (Owned & { readonly next: Exclude<AwaitAssetAnswer, 'ended'>; readonly waitSeconds: number })
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
): Promise<AwaitAssetResult> {
  const owned = readState(ownedSchema, state);
  const { transferId } = owned;
  await readOwnedTransfer(ports, owned, invocation);
  const rest = remainingWait(ports, owned);
  if (rest) return { ...owned, ...rest };
  const { session } = await readUsableSession(ports, transferId, owned.sessionNumber);
  const assetId = session.assetId ?? '';
  try {
    const { signal } = invocation;
    const status = await ports.destination.assetStatus(assetId, { signal });
    return await nextOf(ports, owned, assetId, status, invocation);
  } catch (error) {
    if (!isTransient(error)) throw error;
    await countTransferRetry(ports, transferId, retryCauseOf(error));
    return { ...owned, ...waitOut(ports, owned, error, { transferId, step: 'AwaitAsset' }) };
  }
}

async function nextOf(
  ports: AwaitPorts,
  owned: Owned,
  assetId: string,
  status: AssetStatus,
  invocation: Invocation,
): Promise<AwaitAssetResult> {
  if (status.phase === 'ready') {
    const { transferId } = owned;
    const duplicates = await findLateDuplicates(ports, owned, [assetId], invocation.signal);
    reportLateDuplicates(ports, { transferId }, assetId, duplicates);
    const found = duplicates.length > 0 && { duplicates };
    const ending = { status: 'ready' as const, assetId, ...found };
    return { ...owned, next: 'ended', waitSeconds: 0, ending };
  }
  const now = ports.clock.now();
  const missingSince = status.phase === 'missing' ? (owned.missingSince ?? now) : undefined;
  const looked = { ...owned, missingSince, outage: undefined, polls: owned.polls + 1 };
  assertNotHopeless(status, assetId, looked, now);
  return { ...looked, next: 'wait', waitSeconds: growingWaitSeconds(owned.polls) };
}

function assertNotHopeless(
  { phase, reason }: AssetStatus,
  assetId: string,
  { missingSince, since }: Owned,
  now: number,
): void {
  if (phase === 'failed') {
    throw new TransferError(
      'AssetFailedError',
      `asset ${assetId} failed: ${reason ?? 'the service gave no reason'}`,
    );
  }
  const missingMs = now - (missingSince ?? now);
  if (missingMs > boundOf('assetMissing') * 1000) {
    throw new TransferError(
      'AssetMissingError',
      `the service does not know asset ${assetId} for ${Math.round(missingMs / 60_000)} minutes`,
    );
  }
  if (now - since > boundOf('readiness') * 1000) {
    throw new TransferError(
      'AssetNotReadyError',
      `asset ${assetId} is still ${phase} after ${boundOf('readiness')} s`,
    );
  }
}
