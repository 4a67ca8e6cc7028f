import type { Context } from '../context.ts';
import type { ProbedAsset } from './probed-asset.ts';
import { isSuccess, type ProbedService } from './probed-service.ts';

/** Tries of the delete call, and the wait between two, in ms. */
const tries = 5;
const waitMs = 3_000;

/** Deletes the asset, if its id is known. Returns whether it is gone. Never rejects. */
export async function deleteAsset(
  service: ProbedService,
  asset: ProbedAsset,
  { clock, signal }: Pick<Context, 'clock' | 'signal'>,
): Promise<boolean> {
  if (asset.assetId === undefined) return false;
  const path = `/assets/${encodeURIComponent(asset.assetId)}`;
  for (let attempt = 0; attempt < tries && !signal.aborted; attempt++) {
    await checkSeen(service, path, asset);
    const reply = await service.call('DELETE', path).catch(() => undefined);
    if (reply && isSuccess(reply)) return true;
    // A service may hide the asset of an unfinished upload: a 404 alone does not show that it is gone.
    if (reply?.status === 404) return asset.wasSeen;
    await clock.sleep(waitMs, signal).catch(() => undefined);
  }
  return false;
}

async function checkSeen(service: ProbedService, path: string, asset: ProbedAsset): Promise<void> {
  if (asset.wasSeen) return;
  const reply = await service.call('GET', path).catch(() => undefined);
  asset.wasSeen = reply !== undefined && isSuccess(reply);
}
