import type { Finding } from '#src/core/stack/preflight.ts';

/** What was found by whom: a step's function, or the operator's own credentials. */
export interface FindingGroup {
  readonly by: string;
  readonly findings: readonly Finding[];
  readonly passed: number;
  readonly failed: number;
}

/** A plain list, grouped by who found it; the last line counts. */
export function reportOf(groups: readonly FindingGroup[]): string {
  const { passed, failed } = totalOf(groups);
  return `${groups.map(groupText).join('')}${passed} checks passed, ${failed} failed\n`;
}

export function totalOf(groups: readonly FindingGroup[]): { passed: number; failed: number } {
  const sum = (count: 'passed' | 'failed') => groups.reduce((all, group) => all + group[count], 0);
  return { passed: sum('passed'), failed: sum('failed') };
}

function groupText({ by, findings, passed, failed }: FindingGroup): string {
  const unlisted = passed + failed - findings.length;
  const more = unlisted > 0 ? [`  …and ${unlisted} more that are not listed`] : [];
  return `${[by, ...findings.flatMap(linesOf), ...more].join('\n')}\n\n`;
}

/** What is wrong and what to do stand below their check. */
function linesOf({ check, ok, problem, nextStep }: Finding): string[] {
  const word = ok ? (problem === undefined ? 'ok' : 'note') : 'FAILED';
  return [
    `  ${word.padEnd(8)} ${check}`,
    ...[problem, nextStep && `→ ${nextStep}`].flatMap((line) =>
      line ? [`           ${line}`] : [],
    ),
  ];
}
