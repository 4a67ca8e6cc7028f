import { timestamp } from '../wire/replies.ts';
import type { SimulatorContext } from './context.ts';
import type { Session } from './session-store.ts';

export type AssetState = 'processing' | 'ready' | 'failed';

const mimeTypes = { video: 'video/mp4', audio: 'audio/mpeg', image: 'image/jpeg' };

/** Returns the current state of an asset. */
export function assetState(context: SimulatorContext, { asset }: Session): AssetState {
  if (asset.settlesAt === undefined || context.clock.now() < asset.settlesAt) return 'processing';
  return asset.failure === undefined ? 'ready' : 'failed';
}

/**
 * Returns whether the service shows an asset: it is not deleted, and its upload is completed or the
 * switch `unfinishedAsset` shows unfinished assets.
 */
export function isVisible(context: SimulatorContext, session: Session): boolean {
  if (session.asset.deleted) return false;
  const isReservation =
    session.asset.settlesAt === undefined && context.sessions.state(session) !== 'completed';
  return !isReservation || context.switches.unfinishedAsset === 'processing';
}

/** Returns an asset in the service's format. It has no duration: the simulator does not read media. */
export function renderAsset(context: SimulatorContext, session: Session): Record<string, unknown> {
  const state = assetState(context, session);
  return {
    _id: session.asset.assetId,
    method: 'multipart',
    status: state,
    filename: session.filename,
    file_type: mimeTypes[session.type],
    created_at: timestamp(session.createdAt),
    ...(session.userMetadata && { user_metadata: session.userMetadata }),
    ...(state === 'ready' && { size: session.totalSize }),
    ...(state === 'failed' && { error: { message: session.asset.failure } }),
  };
}

/** Returns the assets of a list, newest first: by id, by type, by part of the filename in any case. */
export function matchingAssets(context: SimulatorContext, query: URLSearchParams): Session[] {
  const ids = query.getAll('asset_ids');
  const types = query.getAll('asset_types');
  const filename = query.get('filename')?.toLowerCase() ?? '';
  return context.sessions
    .all()
    .filter(
      (session) =>
        session.completesAt !== undefined &&
        isVisible(context, session) &&
        (ids.length === 0 || ids.includes(session.asset.assetId)) &&
        (types.length === 0 || types.includes(session.type)) &&
        session.filename.toLowerCase().includes(filename),
    )
    .reverse();
}
