/** Units of bytes. A size is written in the largest one that it is a whole number of. */
const byteUnits: readonly (readonly [string, number])[] = [
  ['TiB', 1024 ** 4],
  ['GiB', 1024 ** 3],
  ['MiB', 1024 ** 2],
  ['MB', 1000 ** 2],
];

const timeUnits: readonly (readonly [string, number])[] = [
  ['hour', 3600],
  ['minute', 60],
];

/**
 * Formats a limit by its name: `maxPartBytes` as "5 GiB", `urlLifetimeMs` as "1 hour", another one as "10,000".
 * @param name - as in the `limits.ts` of a destination
 */
export function formatLimit(name: string, value: number): string {
  if (/bytes/i.test(name)) return inUnits(value, byteUnits) ?? `${grouped(value)} bytes`;
  if (/(?:Ms|Seconds)$/.test(name)) return formatTime(name.endsWith('Ms') ? value / 1000 : value);
  return grouped(value);
}

function formatTime(seconds: number): string {
  const text = inUnits(seconds, timeUnits) ?? `${grouped(seconds)} second`;
  return text.startsWith('1 ') ? text : `${text}s`;
}

function inUnits(value: number, units: readonly (readonly [string, number])[]): string | undefined {
  const unit = units.find(([, size]) => value >= size && value % size === 0);
  return unit && `${grouped(value / unit[1])} ${unit[0]}`;
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
