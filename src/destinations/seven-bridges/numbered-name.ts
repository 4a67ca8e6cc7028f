import { maxFilenameLength } from './limits.ts';

/**
 * Returns the n-th name to try for a file: `reads.fastq.gz`, then `reads-2.fastq.gz`. The number is
 * before the first dot, so that all suffixes keep their meaning.
 * @param n - from 1
 */
export function numberedName(name: string, n: number): string {
  if (n === 1) return name;
  const dot = name.indexOf('.', 1);
  const [stem, suffixes] = dot < 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot)];
  const number = `-${n}`;
  const room = maxFilenameLength - Array.from(suffixes).length - number.length;
  return Array.from(stem).slice(0, Math.max(1, room)).join('') + number + suffixes;
}
