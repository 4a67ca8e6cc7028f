import type { ProbedService } from './probed-service.ts';

/** What a probe knows of its own upload at the service. */
export interface ProbedAsset {
  /** No other upload has this name. */
  readonly filename: string;
  /** Whether the service may have created the upload: set before the create call. */
  mayExist: boolean;
  /** Known from the reply to the create call, or found by the filename. */
  assetId?: string;
  /** Known from the reply to the create call, or found by the size. */
  uploadId?: string;
  /** Whether the service has shown the asset. Only then, a 404 means that it is gone. */
  wasSeen: boolean;
}

/** Ends by itself: how long the service keeps an unfinished upload. */
const ends = 'ends by itself after 24 hours';

/** Creates the asset of a probe that has not begun. */
export function newProbedAsset(filename: string): ProbedAsset {
  return { filename, mayExist: false, wasSeen: false };
}

/**
 * Looks for an upload whose create reply was lost: among the assets by its name, then among the unfinished
 * uploads by its size, for their list has neither names nor assets. Never rejects.
 */
export async function findProbedAsset(
  service: ProbedService,
  asset: ProbedAsset,
  sizeBytes: number,
): Promise<void> {
  const page = 'page=1&page_limit=50';
  const name = encodeURIComponent(asset.filename);
  const named = await listItems(service, `/assets?filename=${name}&${page}`);
  const own = named.find(({ filename }) => filename === asset.filename);
  if (typeof own?._id === 'string') asset.assetId = own._id;
  const unfinished = await listItems(service, `/assets/multipart-uploads?${page}`);
  const upload = unfinished.find(({ total_size: size }) => size === sizeBytes);
  if (typeof upload?.upload_id === 'string') asset.uploadId = upload.upload_id;
}

async function listItems(
  service: ProbedService,
  path: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const reply = await service.call('GET', path).catch(() => undefined);
  const data = reply?.json?.data;
  return Array.isArray(data) ? data : [];
}

/** Returns what the probe has left at the service. */
export function leftLine({ filename, assetId, uploadId, wasSeen }: ProbedAsset): string {
  if (assetId !== undefined)
    return wasSeen
      ? `The asset ${assetId} was not deleted. Delete it at the service; an unfinished upload ${ends}.`
      : `The asset ${assetId} was not deleted: the service does not show it. The unfinished upload ${ends}.`;
  return uploadId !== undefined
    ? `The unfinished upload ${uploadId} of the probe exists: the reply with its asset was lost. It ${ends}.`
    : `An unfinished upload of ${filename} may exist: the reply to the create call was lost. It ${ends}.`;
}
