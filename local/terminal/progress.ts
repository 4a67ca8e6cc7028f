import type { Log, LogFields } from '#src/core/ports/log.ts';
import type { Meter } from '#src/core/shared-with-infra/metrics.ts';
import type { StateMachineEvent } from '../state-machine/event-tally.ts';
import { createPlainDisplay } from './plain-display.ts';
import { columnsOf } from './redraw.ts';
import { canRedraw, createTerminalDisplay } from './status-display.ts';
import { type Sent, TransferState } from './transfer-state.ts';
import { type Phase, sentLine, statusLine } from './transfer-view.ts';
import { slotWaitOf, waitOf } from './waits.ts';
import { printable } from './words.ts';

/** The progress display of one transfer. */
export interface Progress {
  /** The log and the metrics of the steps. They update the progress; warnings are printed. */
  readonly ports: { readonly log: Log; readonly meter: Meter };
  /** Updates the phase from an event of the state machine. */
  onEvent(event: StateMachineEvent): void;
  /** Shows how much of the file is hashed. */
  hashed(bytes: number, sizeBytes: number): void;
  /** Prints one line above the status. */
  print(line: string): void;
  /** Returns the bytes that this run has sent so far. */
  sent(): Sent;
  /** Removes the status line. */
  stop(): void;
}

/** The phase of each state of the state machine. */
const phaseOfState: Readonly<Record<string, Phase>> = {
  InspectSource: 'inspecting',
  OpenSession: 'opening',
  SendRanges: 'sending',
  SendChunks: 'sending',
  ConfirmUpload: 'confirming',
  AwaitAsset: 'processing',
};

/** Interval for printing the same warning again, in ms. */
const repeatAfterMs = 60_000;

/** Shows progress on `output`: one redrawn line on a terminal, else plain lines. */
export function createProgress(output: NodeJS.WriteStream): Progress {
  const state = new TransferState(Date.now);
  const isRedrawn = canRedraw(output);
  const display = isRedrawn ? createTerminalDisplay(output) : createPlainDisplay(output, Date.now);
  const draw = (columns: number) => printable(statusLine(state.view(), Date.now(), columns));
  const update = () => {
    if (state.isJustSent())
      display.print(sentLine(state.view(), isRedrawn ? columnsOf(output) : undefined));
    display.show(draw, state.view());
  };
  return {
    ports: {
      log: createProgressLog(state, display.print, update),
      meter: createProgressMeter(state, update),
    },
    onEvent(event) {
      const phase = event.type === 'StateEntered' ? phaseOfState[event.state.name] : undefined;
      if (phase === undefined) return;
      state.enters(phase);
      update();
    },
    hashed(bytes, sizeBytes) {
      state.hashed(bytes, sizeBytes);
      display.show(draw, state.view());
    },
    print: display.print,
    sent: () => state.sent(),
    stop: () => display.clear(),
  };
}

/** Returns a log that updates the state from the steps' log lines and prints warnings. */
function createProgressLog(
  state: TransferState,
  print: (line: string) => void,
  update: () => void,
): Log {
  const warn = createWarner(print);
  return {
    info(message, fields = {}) {
      const isKnown = updateState(state, message, fields, print);
      if (isKnown) update();
    },
    warn(message, fields = {}) {
      if (message !== 'chunk not sent') return warn(message, fields);
      // Shows all failed chunks as one wait: a line for each chunk would hide the rest.
      state.stalls(waitOf(fields));
      update();
    },
    // The state machine may retry a failed step. The command prints the final error at the end.
    error() {},
  };
}

/** Returns a meter that adds each stored chunk to the state. Metrics of a local run go nowhere else. */
function createProgressMeter(state: TransferState, update: () => void): Meter {
  return {
    add(metric, value) {
      if (metric !== 'BytesSent') return;
      state.moved(value);
      update();
    },
  };
}

/** Returns false for a log line that does not change the state. */
function updateState(
  state: TransferState,
  message: string,
  fields: LogFields,
  print: (line: string) => void,
): boolean {
  switch (message) {
    case 'waiting':
    case 'trying again':
      state.waits(waitOf(fields));
      return true;
    case 'waiting for a slot':
      state.waits(slotWaitOf(fields));
      return true;
    case 'upload planned': {
      const resumed = state.planned(Number(fields.sizeBytes), Number(fields.provenBytes));
      if (resumed) print(resumed);
      return true;
    }
    default:
      return false;
  }
}

/** Returns a function that prints a warning, at most once a minute for the same message. */
function createWarner(print: (line: string) => void) {
  const warnedAt = new Map<string, number>();
  return (message: string, fields: LogFields): void => {
    const now = Date.now();
    if (now - (warnedAt.get(message) ?? 0) < repeatAfterMs) return;
    warnedAt.set(message, now);
    const reason = fields.reason === undefined ? '' : `: ${fields.reason}`;
    print(printable(`  ! ${message}${reason}`));
  };
}
