import type { Finding } from '#src/core/preflight-findings.ts';

/** The findings of one step's function, or of the operator's own credentials. */
export interface FindingGroup {
  readonly by: string;
  readonly findings: readonly Finding[];
  readonly passed: number;
  readonly failed: number;
}

/** Formats the findings as a list by group. The last line has the totals. */
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
  const more = unlisted > 0 ? [`  …and ${unlisted} more`] : [];
  return `${[by, ...findings.flatMap(linesOf), ...more].join('\n')}\n\n`;
}

/** Formats one finding: the check, then the problem and the next step on their own lines. */
function linesOf({ check, ok, problem, nextStep }: Finding): string[] {
  const word = ok ? (problem === undefined ? 'ok' : 'note') : 'FAILED';
  return [
    `  ${word.padEnd(8)} ${check}`,
    ...[problem, nextStep && `→ ${nextStep}`].flatMap((line) =>
      line ? [`           ${line}`] : [],
    ),
  ];
}
