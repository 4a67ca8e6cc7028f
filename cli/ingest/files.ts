import { globSync, lstatSync, readdirSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { LocalDefinition } from '#local/commands/destination-options.ts';
import { redact } from '#src/core/errors/redact.ts';
import { CommandError } from '../command-error.ts';
import type { Environment } from '../context.ts';
import { existingPath, statOf } from '../existing-path.ts';
import type { Item } from './batch.ts';

/** A file to move. */
export interface FileItem extends Item {
  readonly path: string;
}

/** Files to move, and files of folders that the destination does not take. */
export interface FoundFiles {
  readonly files: readonly FileItem[];
  readonly skipped: readonly string[];
  /** Files of folders whose names are not UTF-8. */
  readonly unnamed: readonly string[];
}

/** Returns whether the destination takes a file of this name. */
export type Accepts = (filename: string) => boolean;

/**
 * Finds files: a file by its name, all files of a folder and its folders, or those that match a glob. Hidden
 * files are left out. A file that exists is that file, even if its name has the characters of a glob.
 * @throws CommandError - a source does not exist, or has no file that the destination takes
 */
export function findFiles(
  sources: readonly string[],
  definition: Pick<LocalDefinition, 'title'>,
  accepts: Accepts,
  env: Environment,
): FoundFiles {
  const files = new Map<string, FileItem>();
  const skipped: string[] = [];
  const unnamed: string[] = [];
  for (const source of sources) {
    const named = filesOf(source, env);
    const taken = named.isFile ? named.paths : named.paths.filter(accepts);
    if (taken.length === 0) throw nothingIn(source, named, definition);
    unnamed.push(...named.unnamed);
    skipped.push(...named.paths.filter((path) => !taken.includes(path)));
    for (const path of taken) files.set(resolve(path), { name: path, path: resolve(path) });
  }
  return { files: [...files.values()], skipped, unnamed };
}

interface NamedFiles {
  readonly paths: readonly string[];
  /** Whether the source is one file. */
  readonly isFile: boolean;
  readonly unnamed: readonly string[];
}

function filesOf(source: string, env: Environment): NamedFiles {
  const path = existingPath(source, env);
  const found = path === undefined ? undefined : statOf(path);
  if (path !== undefined && found?.isFile()) return { paths: [path], isFile: true, unnamed: [] };
  if (path !== undefined && found?.isDirectory()) return filesIn(path);
  const matches = globSync(source, { cwd: process.cwd() }).filter((match) => isFile(match));
  return { paths: matches.sort(), isFile: false, unnamed: [] };
}

function filesIn(folder: string): NamedFiles {
  const walk: Walk = { seen: new Set(), unnamed: [] };
  return { paths: filesBelow(folder, walk).sort(), isFile: false, unnamed: walk.unnamed };
}

interface Walk {
  /** Folders that were read, without links. */
  readonly seen: Set<string>;
  readonly unnamed: string[];
}

/** Reads each folder once: a link may lead back to a folder that holds it. */
function filesBelow(folder: string, walk: Walk): string[] {
  const real = realpathSync(folder);
  if (walk.seen.has(real)) return [];
  walk.seen.add(real);
  const visible = readdirSync(folder).filter((name) => !name.startsWith('.'));
  return visible.flatMap((name) => {
    const path = join(folder, name);
    if (isUnnamed(path)) walk.unnamed.push(path);
    const found = targetOf(path);
    if (found?.isDirectory()) return filesBelow(path, walk);
    return found?.isFile() ? [path] : [];
  });
}

/** Returns true if a listed name has bytes that are not UTF-8: its text names no file. */
function isUnnamed(path: string): boolean {
  return hasLostBytes(path) && lstatSync(path, { throwIfNoEntry: false }) === undefined;
}

function hasLostBytes(text: string): boolean {
  return text.includes('\ufffd');
}

/** A link that leads nowhere, or to itself, counts as absent. */
function targetOf(path: string): ReturnType<typeof statOf> {
  try {
    return statOf(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ELOOP') return undefined;
    throw error;
  }
}

function isFile(path: string): boolean {
  return targetOf(path)?.isFile() ?? false;
}

function nothingIn(source: string, named: NamedFiles, { title }: { readonly title: string }) {
  // A URL may hold a signature.
  const quoted = JSON.stringify(isUrl(source) ? redact(source) : source);
  const count = named.paths.length;
  if (count > 0)
    return new CommandError(
      'notFound',
      `Invalid source ${quoted}: ${title} takes none of its ${count} files by their extensions. Use --media-type to say what they are.`,
    );
  const what = describeMissing(source, named);
  return new CommandError(
    'notFound',
    `Invalid source ${quoted}: ${what}. Name a file, a folder with files, or s3://bucket/key.`,
  );
}

function isUrl(source: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(source);
}

function describeMissing(source: string, { unnamed }: NamedFiles): string {
  if (isUrl(source)) return 'a URL must begin with s3://';
  if (/[*?[{]/.test(source)) return 'no file matches it';
  const found = statOf(source);
  if (unnamed.length > 0) return `the name of ${JSON.stringify(unnamed[0])} is not UTF-8`;
  if (found?.isDirectory()) return 'the folder has no visible files';
  if (found) return 'it is neither a file nor a folder';
  return hasLostBytes(source) ? 'its name is not UTF-8' : 'it does not exist';
}
