import stringWidth from 'string-width';

/** Formats a duration as `8 s`, `4 min` or `3 h`; at least `1 s`. */
export function durationText(milliseconds: number): string {
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/** Formats a speed as `12.3 MB/s`, or as `85.0 kB/s` below 1 MB/s. */
export function speedText(bytes: number, milliseconds: number): string {
  const bytesPerSecond = (1000 * bytes) / Math.max(1, milliseconds);
  return bytesPerSecond < 1e6
    ? `${(bytesPerSecond / 1e3).toFixed(1)} kB/s`
    : `${(bytesPerSecond / 1e6).toFixed(1)} MB/s`;
}

/**
 * Makes untrusted text, such as an object key, safe for one line of a terminal. Escapes control
 * characters as JSON does.
 */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const characters = new Intl.Segmenter();

/** Returns the columns of a terminal that a text takes: two for each wide character. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

/** Cuts a text to a number of columns. A cut text ends with `…`. */
export function cutTo(columns: number, text: string): string {
  return widthOf(text) <= columns ? text : `${fitting(columns - 1, charactersOf(text)).join('')}…`;
}

/** Cuts a text to a number of columns in the middle: the end of a key tells more than its middle. */
export function cutMiddle(columns: number, text: string): string {
  if (widthOf(text) <= columns) return text;
  const head = Math.floor((columns - 1) / 3);
  const all = charactersOf(text);
  const end = fitting(columns - 1 - head, all.toReversed()).toReversed();
  return [...fitting(head, all), '…', ...end].join('');
}

function charactersOf(text: string): string[] {
  return Array.from(characters.segment(text), ({ segment }) => segment);
}

/** Returns the first characters, as many as fit into the columns. */
function fitting(columns: number, all: readonly string[]): readonly string[] {
  let room = columns;
  const end = all.findIndex((one) => {
    room -= widthOf(one);
    return room < 0;
  });
  return all.slice(0, end < 0 ? undefined : end);
}
