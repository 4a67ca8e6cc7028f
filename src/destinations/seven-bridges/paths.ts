import type { UploadSession } from '#src/core/transfer/destination.ts';

/** Where a file goes: the top of a project, or a folder. */
export type Place =
  | { readonly project: string; readonly parent?: undefined }
  | { readonly parent: string; readonly project?: undefined };

/** Returns the place that settings name. */
export function rootOf({
  project,
  parent = '',
}: {
  readonly project?: string | undefined;
  readonly parent?: string | undefined;
}): Place {
  return project === undefined ? { parent } : { project };
}

/** Returns the place as the fields of a request's body. */
export function placeFields({ project, parent }: Place): Readonly<Record<string, string>> {
  return project === undefined ? { parent } : { project };
}

/** Returns the path that lists the files and folders of a place, by their exact name. */
export function listingPath(place: Place, name: string): string {
  return `/files?${new URLSearchParams({ ...placeFields(place), name, limit: '10' })}`;
}

/** Returns the path of an upload. */
export function sessionPath({ uploadId }: UploadSession): string {
  return `/upload/multipart/${encodeURIComponent(uploadId)}`;
}
