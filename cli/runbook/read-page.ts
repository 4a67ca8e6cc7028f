/** What the runbook says about an error. */
export interface RunbookEntry {
  readonly cause: string;
  readonly check: string;
  readonly do: string;
}

/**
 * Reads the entries for errors of `docs/operations.md`: the rows of the tables whose first column is
 * `error`. Links become their text.
 */
export function readRunbook(page: string): Record<string, RunbookEntry> {
  const rows = page
    .split('\n\n')
    .filter((block) => block.startsWith('| error |'))
    .flatMap((table) => table.split('\n').slice(2))
    .filter((line) => line.startsWith('| '))
    .map((line) => line.slice(2, -2).split(' | '));
  return Object.fromEntries(
    rows.map(([name = '', cause = '', check = '', action = '']) => [
      name.replaceAll('`', ''),
      { cause: plain(cause), check: plain(check), do: plain(action) },
    ]),
  );
}

function plain(markdown: string): string {
  return markdown
    .trim()
    .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .replaceAll('`', '');
}
