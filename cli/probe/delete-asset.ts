import type { Context } from '../context.ts';
import { isSuccess, type ProbedService } from './probed-service.ts';

/** Tries of the delete call, and the wait between two, in ms. */
const tries = 5;
const waitMs = 3_000;

/** Deletes the asset. Returns whether it is gone. Never rejects. */
export async function deleteAsset(
  service: ProbedService,
  assetId: string,
  { clock, signal }: Pick<Context, 'clock' | 'signal'>,
): Promise<boolean> {
  const path = `/assets/${encodeURIComponent(assetId)}`;
  for (let attempt = 0; attempt < tries && !signal.aborted; attempt++) {
    const reply = await service.call('DELETE', path).catch(() => undefined);
    if (reply && (isSuccess(reply) || reply.status === 404)) return true;
    await clock.sleep(waitMs, signal).catch(() => undefined);
  }
  return false;
}
