import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The root of the checkout, with a slash at its end. */
export const root = fileURLToPath(new URL('../', import.meta.url));

/** The folder of the bundle that `npm ci` makes of the program, below the root. */
export const bundleFolder = 'node_modules/.cache/program/';

/** The file in that folder that describes the bundle. */
export const descriptionFile = 'bundle.json';

/** A file with the size and the time (ms since 1970) that it has as long as it is unchanged. */
export type FileStamp = readonly [file: string, size: number, changedAt: number];

/** What a bundle was made of. All paths are below the root. */
export interface BundleDescription {
  /** The root of the checkout. A copy of a checkout has another one. */
  readonly root: string;
  /** The module of the bundle that starts the program. */
  readonly start: string;
  /** All files that the bundle was made of, and its own. */
  readonly files: readonly FileStamp[];
}

/**
 * Returns the stamp of a file.
 * @throws Error - the file is missing
 */
export function stampOf(file: string, folder: string = root): FileStamp {
  const { size, mtimeMs } = statSync(folder + file);
  return [file, size, mtimeMs];
}

/**
 * Returns the URL of the bundled start of the program. Undefined if there is no bundle, or if any of its files has
 * changed since: then the sources must run.
 */
export function bundledStart(folder: string = bundleFolder, checkout = root): string | undefined {
  try {
    const text = readFileSync(checkout + folder + descriptionFile, 'utf8');
    const bundle: BundleDescription = JSON.parse(text);
    const isFresh =
      bundle.root === checkout && bundle.files.every((stamp) => isUnchanged(stamp, checkout));
    return isFresh ? pathToFileURL(checkout + bundle.start).href : undefined;
  } catch {
    return undefined;
  }
}

function isUnchanged([file, size, changedAt]: FileStamp, checkout: string): boolean {
  const now = statSync(checkout + file);
  return now.size === size && now.mtimeMs === changedAt;
}
