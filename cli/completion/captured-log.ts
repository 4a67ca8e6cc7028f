/** Returns what a function prints with `console.log`. The completion library prints so. */
export function captureLog(run: () => void): string[] {
  const lines: string[] = [];
  const { log } = console;
  console.log = (line: string) => lines.push(line);
  try {
    run();
  } finally {
    console.log = log;
  }
  return lines;
}
