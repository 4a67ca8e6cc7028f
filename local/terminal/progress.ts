import type { Log, LogFields } from '#src/core/ports/log.ts';
import type { StateMachineEvent } from '../state-machine/event-tally.ts';
import { createPlainDisplay } from './plain-display.ts';
import { canRedraw, columnsOf, terminalDisplay } from './status-display.ts';
import { createTransferState, type Sent } from './transfer-state.ts';
import { type Phase, sentLine, statusLine } from './transfer-view.ts';
import { slotWaitOf, waitOf } from './waits.ts';
import { printable } from './words.ts';

/** Shows how one transfer stands. */
export interface Progress {
  /** The log for the steps: progress is read from what they log, and problems are shown. */
  readonly log: Log;
  /** Reads the phase from an event of the state machine. */
  onEvent(event: StateMachineEvent): void;
  /** Shows how far the file is read that is hashed. */
  hashed(bytes: number, sizeBytes: number): void;
  /** One line between the others. */
  say(line: string): void;
  /** What this run has sent so far. */
  sent(): Sent;
  /** Removes the status line. */
  stop(): void;
}

/** Which phase a state of the machine belongs to. */
const phaseOfState: Readonly<Record<string, Phase>> = {
  InspectSource: 'inspecting',
  OpenSession: 'opening',
  SendRanges: 'sending',
  SendChunks: 'sending',
  ConfirmUpload: 'confirming',
  AwaitAsset: 'processing',
};

/** The same problem is shown again after this long, in ms. */
const repeatAfterMs = 60_000;

/** Shows progress on `output`: one line redrawn on a terminal, else plain lines. */
export function createProgress(output: NodeJS.WriteStream): Progress {
  const state = createTransferState(Date.now);
  const isRedrawn = canRedraw(output);
  const display = isRedrawn ? terminalDisplay(output) : createPlainDisplay(output, Date.now);
  const draw = (columns: number) => printable(statusLine(state.view(), Date.now(), columns));
  const shownAt = new Map<string, number>();
  const update = () => {
    if (state.isJustSent())
      display.say(sentLine(state.view(), isRedrawn ? columnsOf(output) : undefined));
    display.show(draw, state.view());
  };
  const problem = (message: string, fields: LogFields) => {
    const now = Date.now();
    if (now - (shownAt.get(message) ?? 0) < repeatAfterMs) return;
    shownAt.set(message, now);
    const reason = fields.reason === undefined ? '' : `: ${fields.reason}`;
    display.say(printable(`  ! ${message}${reason}`));
  };
  return {
    log: {
      info(message, fields = {}) {
        if (message === 'waiting' || message === 'trying again') state.waits(waitOf(fields));
        else if (message === 'waiting for a slot') state.waits(slotWaitOf(fields));
        else if (message === 'upload planned') {
          const resumed = state.planned(Number(fields.sizeBytes), Number(fields.provenBytes));
          if (resumed) display.say(resumed);
        } else if (message === 'chunk proof stored') state.moved(Number(fields.sizeBytes));
        else return;
        update();
      },
      warn(message, fields = {}) {
        if (message !== 'chunk not sent') return problem(message, fields);
        // One line a chunk would bury the rest; what stops them is waited out as one.
        state.stalls(waitOf(fields));
        update();
      },
      // A step that failed may be tried again; what ends the transfer is told once, at its end.
      error() {},
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
    say: (line) => display.say(line),
    sent: () => state.sent(),
    stop: () => display.clear(),
  };
}
