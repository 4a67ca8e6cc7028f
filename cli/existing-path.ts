import { type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Environment } from './context.ts';

/** npm changes the folder: a relative path is also looked up where npm was called. Undefined if it does not exist. */
export function existingPath(source: string, { INIT_CWD }: Environment): string | undefined {
  const places = INIT_CWD ? [source, resolve(INIT_CWD, source)] : [source];
  return places.find((path) => statOf(path) !== undefined);
}

/** A path with a NUL character names no file: Node.js rejects it as an argument. */
const absentCodes = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'];

/** @throws the error of the system, unless the file does not exist */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (absentCodes.includes(code)) return undefined;
    throw error;
  }
}
