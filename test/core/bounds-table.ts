import { recoveryBounds } from '#src/core/limits/retry-bounds.ts';

/** The bounds as the Markdown table of docs/how-it-works.md; a test prints what the page should hold. */
export function boundsTable(): string {
  const rows = Object.values(recoveryBounds).map(
    ({ bounds, value, unit, because }) =>
      `| ${bounds} | ${value.toLocaleString('en-US')} ${unit} | ${because} |`,
  );
  return ['| bound | value | why |', '|---|---|---|', ...rows].join('\n');
}
