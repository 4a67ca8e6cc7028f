import type { Parts } from './parts.ts';
import { timestamp } from './replies.ts';
import type { Session } from './sessions.ts';

export type AssetState = 'processing' | 'ready' | 'failed';

const mimeTypes = { video: 'video/mp4', audio: 'audio/mpeg', image: 'image/jpeg' };

/** What an asset is now. */
export function assetState(parts: Parts, { asset }: Session): AssetState {
  if (asset.settlesAt === undefined || parts.clock.now() < asset.settlesAt) return 'processing';
  return asset.failure === undefined ? 'ready' : 'failed';
}

/** Whether the service owns up to an asset: not deleted, and settled or completed where that is asked. */
export function isVisible(parts: Parts, session: Session): boolean {
  if (session.asset.deleted) return false;
  const isReservation =
    session.asset.settlesAt === undefined && parts.sessions.state(session) !== 'completed';
  return !isReservation || parts.switches.unfinishedAsset === 'processing';
}

/** An asset in the service's words. Nothing here reads media, so it never tells a duration. */
export function renderAsset(parts: Parts, session: Session): Record<string, unknown> {
  const state = assetState(parts, session);
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

/** The assets a list shows, newest first: by id, by type, by part of the filename in any case. */
export function matchingAssets(parts: Parts, query: URLSearchParams): Session[] {
  const ids = query.getAll('asset_ids');
  const types = query.getAll('asset_types');
  const filename = query.get('filename')?.toLowerCase() ?? '';
  return parts.sessions
    .all()
    .filter(
      (session) =>
        session.completesAt !== undefined &&
        isVisible(parts, session) &&
        (ids.length === 0 || ids.includes(session.asset.assetId)) &&
        (types.length === 0 || types.includes(session.type)) &&
        session.filename.toLowerCase().includes(filename),
    )
    .reverse();
}
