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

/** Cuts a text to a number of columns. A cut text ends with `…`. */
export function cutTo(columns: number, text: string): string {
  const characters = Array.from(text);
  return characters.length <= columns ? text : `${characters.slice(0, columns - 1).join('')}…`;
}
