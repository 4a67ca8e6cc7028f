/** A duration as people say it: `8 s`, `4 min`, `3 h`. Never less than a second. */
export function durationText(milliseconds: number): string {
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/** `12.3 MB/s`, or `85.0 kB/s` on a slow line. */
export function speedText(bytes: number, milliseconds: number): string {
  const bytesPerSecond = (1000 * bytes) / Math.max(1, milliseconds);
  return bytesPerSecond < 1e6
    ? `${(bytesPerSecond / 1e3).toFixed(1)} kB/s`
    : `${(bytesPerSecond / 1e6).toFixed(1)} MB/s`;
}

/**
 * Text that others may have written, such as a key, fit for one line of a terminal: what a terminal
 * would obey instead of showing is written as JSON writes it.
 */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A text cut to a number of columns, with a mark where something is missing. */
export function cutTo(columns: number, text: string): string {
  const characters = Array.from(text);
  return characters.length <= columns ? text : `${characters.slice(0, columns - 1).join('')}…`;
}
