import { CommandError } from '../command-error.ts';
import type { Argument } from './ingest-flags.ts';

/** Characters that end a line, that a terminal obeys, or that change the order of what it shows. */
const hidden = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** A byte order mark, which editors of Windows put before a list. */
const byteOrderMark = '\ufeff';

/**
 * Returns the line that names a source in a list. It is a JSON string if the bare name would mean something else: a
 * folder, a blank line, a quoted name, or more than one line.
 */
export function lineOf(source: string): string {
  const isBare =
    source.trim() !== '' &&
    !source.startsWith('"') &&
    !source.startsWith(byteOrderMark) &&
    !source.endsWith('/') &&
    source.search(hidden) < 0;
  return isBare ? source : JSON.stringify(source).replace(hidden, escaped);
}

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * Returns the sources that a list names, one on each line. Empty lines count for nothing.
 * @throws CommandError - NUL characters separate the sources
 */
export function sourcesOf(list: string): Argument[] {
  if (list.includes('\0'))
    throw new CommandError(
      'usage',
      'Invalid --list: it has a NUL character. Write one source a line, in UTF-8: find without -print0.',
    );
  return list
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map(sourceIn);
}

/** Reads a line: a JSON string, or a name as it is. */
function sourceIn(line: string): Argument {
  const quoted = line.startsWith('"') ? parsed(line) : undefined;
  return typeof quoted === 'string'
    ? { text: quoted, isLiteral: true, isQuoted: true }
    : { text: line, isLiteral: true };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Returns the text of a list without its byte order mark: UTF-8, or UTF-16 if its mark says so. */
export function listText(bytes: Uint8Array): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-8').decode(bytes);
}
