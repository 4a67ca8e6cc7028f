import { growingWaitSeconds } from '#src/core/errors/backoff.ts';
import { canBeWaitedOut } from '#src/core/errors/retry-rules.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { boundOf } from '#src/core/limits/retry-bounds.ts';
import type { AwaitAssetAnswer } from '#src/core/shared-with-infra/next-answers.ts';
import type { AssetStatus } from '#src/core/transfer/destination.ts';
import { assetIdOf } from '#src/step-support/asset-id.ts';
import { findLateDuplicates, reportLateDuplicates } from '#src/step-support/late-duplicates.ts';
import { readOwnedTransfer, readUsableSession } from '#src/step-support/ownership.ts';
import { countTransferRetry, retryCauseOf } from '#src/step-support/retry-counts.ts';
import { type Ending, type Owned, ownedSchema, readState } from '#src/step-support/state.ts';
import type { Invocation, Needs } from '#src/step-support/step.ts';
import { remainingWait, waitOut } from '#src/step-support/wait-out.ts';

type AwaitPorts = Needs<'store' | 'destination'>;

/** What AwaitAsset answers. */
export type AwaitAssetResult =
  | (Owned & { readonly next: Exclude<AwaitAssetAnswer, 'ended'>; readonly waitSeconds: number })
  | (Owned & { readonly next: 'ended'; readonly waitSeconds: 0; readonly ending: Ending });

/**
 * Checks once whether the asset is ready. Complete bytes do not mean that: the service still processes
 * them.
 * @throws AssetFailedError - contains the reason of the service
 * @throws AssetNotReadyError, AssetMissingError - the bound on waiting is reached
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
  const assetId = assetIdOf(session);
  try {
    const { signal } = invocation;
    const status = await ports.destination.assetStatus(assetId, { signal });
    return await decideNext(ports, owned, assetId, status, invocation);
  } catch (error) {
    if (!canBeWaitedOut(error)) throw error;
    await countTransferRetry(ports, transferId, retryCauseOf(error));
    return { ...owned, ...waitOut(ports, owned, error, { transferId, step: 'AwaitAsset' }) };
  }
}

async function decideNext(
  ports: AwaitPorts,
  owned: Owned,
  assetId: string,
  status: AssetStatus,
  invocation: Invocation,
): Promise<AwaitAssetResult> {
  if (status.phase === 'ready') {
    const ending = await readyEnding(ports, owned, assetId, invocation);
    return { ...owned, next: 'ended', waitSeconds: 0, ending };
  }
  const now = ports.clock.now();
  const missingSince = status.phase === 'missing' ? (owned.missingSince ?? now) : undefined;
  const checked = { ...owned, missingSince, outage: undefined, polls: owned.polls + 1 };
  assertStillPossible(status, assetId, checked, now);
  return { ...checked, next: 'wait', waitSeconds: growingWaitSeconds(owned.polls) };
}

async function readyEnding(
  ports: AwaitPorts,
  owned: Owned,
  assetId: string,
  { signal }: Invocation,
): Promise<Ending> {
  const { transferId } = owned;
  const duplicates = await findLateDuplicates(ports, owned, [assetId], signal);
  reportLateDuplicates(ports, { transferId }, assetId, duplicates);
  return { status: 'ready', assetId, ...(duplicates.length > 0 && { duplicates }) };
}

/** Throws if the asset failed, or if a bound on waiting is reached. */
function assertStillPossible(
  { phase, reason }: AssetStatus,
  assetId: string,
  { missingSince, phaseStartedAt }: Owned,
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
      `the service has not known asset ${assetId} for ${Math.round(missingMs / 60_000)} minutes`,
    );
  }
  if (now - phaseStartedAt > boundOf('readiness') * 1000) {
    throw new TransferError(
      'AssetNotReadyError',
      `asset ${assetId} is still ${phase} after ${boundOf('readiness')} s`,
    );
  }
}
