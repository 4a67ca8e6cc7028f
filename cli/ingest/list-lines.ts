/** Characters that end a line, or that a terminal obeys. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: keys of S3 may hold them.
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/** Returns the line that names a source in a list: a JSON string if its key has control characters. */
export function lineOf(source: string): string {
  if (!source.match(controls)) return source;
  return JSON.stringify(source).replace(controls, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Returns the sources that a list names, one on each line. Empty lines count for nothing. */
export function sourcesOf(list: string): string[] {
  return list
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map(sourceIn);
}

function sourceIn(line: string): string {
  if (!line.startsWith('"s3://')) return line;
  try {
    return String(JSON.parse(line));
  } catch {
    return line;
  }
}
