/**
 * Returns what a terminal shows after a text with the escape sequences of node:readline. A character in the last
 * column wraps the line, as in terminals.
 * @throws Error - an escape sequence of another kind
 */
export function screenOf(text: string, columns: number): string[] {
  const lines: string[][] = [[]];
  let [row, column] = [0, 0];
  const down = () => {
    row += 1;
    lines[row] ??= [];
  };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences of a terminal
  for (const [token, count = '', kind] of text.matchAll(/\x1b\[([?0-9;]*)([A-Za-z])|[\s\S]/gu)) {
    if (kind === 'A') row = Math.max(0, row - Number(count || 1));
    else if (kind === 'G') column = Number(count || 1) - 1;
    else if (kind === 'J') {
      lines.length = row + 1;
      lines[row]?.splice(column);
    } else if (kind !== undefined) throw new Error(`Unknown sequence ${JSON.stringify(token)}.`);
    else if (token === '\r') column = 0;
    else if (token === '\n') down();
    else {
      if (column >= columns) {
        down();
        column = 0;
      }
      (lines[row] as string[])[column++] = token;
    }
  }
  return lines.map((line) =>
    Array.from(line, (one) => one ?? ' ')
      .join('')
      .trimEnd(),
  );
}
