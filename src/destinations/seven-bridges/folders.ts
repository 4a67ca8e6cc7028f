import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { CallOptions } from '#src/core/transfer/destination.ts';
import type { ApiClient, Operation } from '#src/service-api/api-client.ts';
import { isSuccess } from '#src/service-api/replies.ts';
import { maxFilenameLength, maxFolderDepth } from './limits.ts';
import { listingPath, type Place, placeFields } from './paths.ts';
import { fileReply, filesReply, readReply } from './wire.ts';

const listing: Operation = { name: 'looking for a folder', onSession: false };
const creating: Operation = { name: 'creating a folder', onSession: false };

/** The most folders that are remembered; the oldest are dropped first. */
const maxRemembered = 1_000;

/** Finds the folders of keys. Creates those that are missing. */
export interface Folders {
  /**
   * Returns the place for a key: a folder for each of its prefixes, in the root.
   * @throws InvalidInputError - a prefix is too long for a folder's name, or the key has too many
   */
  placeOf(root: Place, key: string, options: CallOptions): Promise<Place>;
}

export function createFolders(client: ApiClient): Folders {
  const known = new Map<string, Place>();
  const step = async (path: string, place: Place, name: string, options: CallOptions) => {
    const found = known.get(path) ?? { parent: await ensureFolder(client, place, name, options) };
    known.delete(path);
    known.set(path, found);
    for (const oldest of known.keys()) if (known.size > maxRemembered) known.delete(oldest);
    return found;
  };
  return {
    placeOf: async (root, key, options) => {
      let [place, path] = [root, `${root.project ?? root.parent}//`];
      for (const name of prefixesOf(key)) {
        path += `${name}/`;
        place = await step(path, place, name, options);
      }
      return place;
    },
  };
}

/** Returns the prefixes of a key. Empty ones, as in `a//b`, have no folder. */
function prefixesOf(key: string): string[] {
  const names = key
    .split('/')
    .slice(0, -1)
    .filter((name) => name !== '');
  const tooLong = names.find((name) => Array.from(name).length > maxFilenameLength);
  const flaw =
    tooLong === undefined
      ? names.length > maxFolderDepth && `at most ${maxFolderDepth} folders may lead to a file`
      : `a folder's name must have at most ${maxFilenameLength} characters`;
  if (!flaw) return names;
  throw new TransferError(
    'InvalidInputError',
    `Invalid key ${JSON.stringify(key)}: ${flaw}. Set the option folders to flat, or copy the object.`,
  );
}

/** A folder that another call creates at the same time is found by a second look. */
async function ensureFolder(
  client: ApiClient,
  place: Place,
  name: string,
  options: CallOptions,
): Promise<string> {
  const found = await findFolder(client, place, name, options);
  if (found !== undefined) return found;
  const body = { name, type: 'folder', ...placeFields(place) };
  const call = { operation: creating, method: 'POST' as const, path: '/files', body, ...options };
  const reply = await client.exchange(call);
  if (isSuccess(reply)) return readReply(fileReply, reply, creating.name).id;
  const other = reply.status === 409 && (await findFolder(client, place, name, options));
  if (other) return other;
  throw client.rejectionError(reply, creating);
}

async function findFolder(
  client: ApiClient,
  place: Place,
  name: string,
  { signal }: CallOptions,
): Promise<string | undefined> {
  const path = listingPath(place, name);
  const reply = await client.ask({ operation: listing, method: 'GET', path, signal });
  const { items } = readReply(filesReply, reply, listing.name);
  return items.find((item) => item.name === name && item.type?.toLowerCase() === 'folder')?.id;
}
