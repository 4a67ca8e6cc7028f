import { printable } from '#local/terminal/words.ts';

/** Formats names and values as lines. Long values wrap on a terminal as it likes: ids stay whole. */
export function fieldLines(fields: readonly (readonly [string, string])[]): string {
  const width = Math.max(...fields.map(([name]) => name.length));
  return `${fields.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`).join('\n')}\n`;
}
