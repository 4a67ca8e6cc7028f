import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A file with its content as Latin-1, which keeps every byte. */
export interface FileText {
  readonly path: string;
  readonly text: string;
}

/** Returns a file, or all files below a folder. */
export function filesOf(path: string): FileText[] {
  if (statSync(path).isFile()) return [{ path, text: readFileSync(path, 'latin1') }];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: file, text: readFileSync(file, 'latin1') }));
}
