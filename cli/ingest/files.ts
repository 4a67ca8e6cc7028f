import { globSync, readdirSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import type { LocalDefinition } from '#local/commands/destination-options.ts';
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
  for (const source of sources) {
    const named = filesOf(source, env);
    const taken = named.isFile ? named.paths : named.paths.filter(accepts);
    if (taken.length === 0) throw nothingIn(source, named.paths.length, definition);
    skipped.push(...named.paths.filter((path) => !taken.includes(path)));
    for (const path of taken) files.set(resolve(path), { name: path, path: resolve(path) });
  }
  return { files: [...files.values()], skipped };
}

interface NamedFiles {
  readonly paths: readonly string[];
  /** Whether the source is one file. */
  readonly isFile: boolean;
}

function filesOf(source: string, env: Environment): NamedFiles {
  const path = existingPath(source, env);
  const found = path === undefined ? undefined : statOf(path);
  if (path !== undefined && found?.isFile()) return { paths: [path], isFile: true };
  if (path !== undefined && found?.isDirectory()) return { paths: filesIn(path), isFile: false };
  const matches = globSync(source, { cwd: process.cwd() }).filter((match) => isFile(match));
  return { paths: matches.sort(), isFile: false };
}

function filesIn(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const isVisible = (name: string) => !name.split(sep).some((part) => part.startsWith('.'));
  return names
    .filter(isVisible)
    .map((name) => join(folder, name))
    .filter(isFile)
    .sort();
}

function isFile(path: string): boolean {
  return statOf(path)?.isFile() ?? false;
}

function nothingIn(source: string, count: number, { title }: { readonly title: string }) {
  const quoted = JSON.stringify(source);
  if (count > 0)
    return new CommandError(
      'notFound',
      `Invalid source ${quoted}: ${title} takes none of its ${count} files by their extensions. Use --media-type to say what they are.`,
    );
  const what = /[*?[{]/.test(source) ? 'no file matches it' : describeMissing(source);
  return new CommandError(
    'notFound',
    `Invalid source ${quoted}: ${what}. Name a file, a folder with files, or s3://bucket/key.`,
  );
}

function describeMissing(source: string): string {
  return statOf(source)?.isDirectory() ? 'the folder has no visible files' : 'it does not exist';
}
