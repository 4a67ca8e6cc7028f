import { createRedraw, rowsOf } from '#local/terminal/redraw.ts';
import { canRedraw } from '#local/terminal/status-display.ts';
import { type Context, jsonText } from '../context.ts';
import { logSign, repeatAfterMs } from '../transfers/describe-transfer.ts';
import { headLine, movingLine, screenOf, snapshotJson } from './screen.ts';
import type { Snapshot } from './snapshot.ts';

/** Shows snapshots. */
export interface SnapshotDisplay {
  show(snapshot: Snapshot): void;
  /** Prints a line above the screen, or on stderr. */
  print(line: string): void;
}

/** Creates the display: redrawn in place on a terminal, lines on a pipe, JSON lines with `--json`. */
export function createDisplay(
  { io: { stdout, stderr }, env }: Context,
  asJson: boolean,
): SnapshotDisplay {
  const toStderr = (line: string) => void stderr.write(`${line}\n`);
  if (asJson)
    return {
      show: (snapshot) => void stdout.write(`${jsonText(snapshotJson(snapshot))}\n`),
      print: toStderr,
    };
  if (!canRedraw(stdout, env))
    return { show: createLines((line) => void stdout.write(`${line}\n`)), print: toStderr };
  const redraw = createRedraw(stdout);
  return {
    show: (snapshot) => redraw.show(screenOf(snapshot, stdout, rowsOf(stdout))),
    print: redraw.print,
  };
}

/** Prints a line for each transfer whose phase or tenth of bytes changed, and the totals when they change. */
function createLines(print: (line: string) => void): (snapshot: Snapshot) => void {
  const printed = new Map<string, { readonly sign: string; readonly at: number }>();
  const isDue = (name: string, sign: string, at: number) => {
    const last = printed.get(name);
    if (last?.sign === sign && at - last.at < repeatAfterMs) return false;
    printed.set(name, { sign, at });
    return true;
  };
  return (snapshot) => {
    const { at, moving, queuedCount, isPaused } = snapshot;
    if (isDue('', `${moving.length} ${queuedCount} ${isPaused}`, at)) print(headLine(snapshot));
    for (const one of moving)
      if (isDue(one.details.record.transferId, logSign(one.details.record, one), at))
        print(movingLine(one, at));
  };
}
