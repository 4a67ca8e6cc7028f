import { createWriteStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

/** The time of every file in a zip file, so that equal bundles make equal zip files. */
const mtime = new Date(Date.UTC(1980, 0, 1, 12));

/** Writes the files of a folder into a zip file. Lambda reads them as any user. */
export async function zipFolder(folder: string, target: string): Promise<void> {
  const zip = new ZipFile();
  for (const name of readdirSync(folder).sort())
    zip.addFile(join(folder, name), name, { mtime, mode: 0o100644 });
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(target));
}
