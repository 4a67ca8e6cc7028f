import { TransferError } from '#src/core/errors/transfer-error.ts';

const unitBytes: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  tb: 1000 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

/**
 * Parses a size such as `256MiB`, `1.5 GB` or `4096` (bytes), in any letter case.
 * @param option - the name of the option, for the error message
 * @throws InvalidInputError - it is not a size, or not a whole number of bytes of at least 1
 */
export function parseSize(text: string, option = '--size'): number {
  const [, number, unit] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const factor = unitBytes[unit?.toLowerCase() ?? 'none'];
  const bytes = factor === undefined ? Number.NaN : Math.round(Number(number) * factor);
  if (Number.isSafeInteger(bytes) && bytes >= 1) return bytes;
  throw new TransferError(
    'InvalidInputError',
    `Invalid ${option} ${JSON.stringify(text)}: must be a size such as 256MiB, 1.5GB or 4096 (bytes)`,
  );
}

/** Formats a number of bytes as `256.0 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10));
  if (bytes === 1) return '1 byte';
  return power === 0 ? `${bytes} bytes` : `${(bytes / 1024 ** power).toFixed(1)} ${units[power]}`;
}
