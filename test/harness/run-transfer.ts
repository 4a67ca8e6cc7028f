import { asTransferError, TransferError } from '#src/core/errors/errors.ts';
import type { StepName } from '#src/core/stack/step-names.ts';
import { awaitAsset } from '#src/steps/await-asset/await-asset.ts';
import { confirmUpload } from '#src/steps/confirm-upload/confirm-upload.ts';
import { inspectSource } from '#src/steps/inspect-source/inspect-source.ts';
import { openSession } from '#src/steps/open-session/open-session.ts';
import { recordOutcome } from '#src/steps/record-outcome/record-outcome.ts';
import { reportProofs } from '#src/steps/report-proofs/report-proofs.ts';
import { sendChunks } from '#src/steps/send-chunks/send-chunks.ts';
import type { Invocation, Ports } from '#src/transfer/step.ts';
import type { Bench } from './port-harness.ts';

const steps = {
  InspectSource: inspectSource,
  OpenSession: openSession,
  SendChunks: sendChunks,
  ReportProofs: reportProofs,
  ConfirmUpload: confirmUpload,
  AwaitAsset: awaitAsset,
  RecordOutcome: recordOutcome,
} satisfies Readonly<Record<StepName, unknown>>;

// biome-ignore lint/suspicious/noExplicitAny: what a state holds is any JSON, as in the state machine.
type State = any;

export interface WalkOptions {
  readonly executionId?: string;
  /** How much time each call of a step is given, in milliseconds. */
  readonly lengthMs?: number;
  /**
   * Seen before each call of a step. `Killed` ends the execution there and then, any other error is
   * that of the step.
   */
  readonly onMove?: (step: StepName, state: State) => void | Promise<void>;
}

/** An execution that was stopped from outside: no step of it is called any more. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/** How an execution ended. */
export interface Walked {
  readonly status: 'succeeded' | 'failed';
  readonly output: Readonly<Record<string, unknown>>;
  readonly error?: string;
  readonly cause?: string;
  /** Steps in the order in which they were called, retries included. */
  readonly moves: readonly StepName[];
}

/** Calls of steps in one execution: far more than any transfer of a test needs. */
const maxMoves = 400;

/** Calls of one step that ends in an error of the `retry` class, as the state machine retries it. */
const maxTries = 6;

const maxStateBytes = 256 * 1024;

/** One call's time, deadline and signal, as a function's doorway makes them. */
export function invocationOf(
  { clock }: Bench,
  given: Partial<Invocation> = {},
): Invocation & { close(): void } {
  const lengthMs = given.lengthMs ?? 840_000;
  const controller = new AbortController();
  const close = clock.after(lengthMs, () => {
    controller.abort(new TransferError('RequestTimeoutError', "the function's time is up"));
  });
  return {
    executionId: 'execution-a',
    executionStartedAt: clock.now(),
    invocationId: `call-${Math.round(clock.now())}-${++calls}`,
    deadline: clock.now() + lengthMs,
    lengthMs,
    signal: controller.signal,
    close,
    ...given,
  };
}

let calls = 0;

/** Runs one execution as the state machine does, by the product's steps; pauses move the clock. */
export async function walk(
  bench: Bench,
  input: unknown,
  options: WalkOptions = {},
): Promise<Walked> {
  const execution = new Execution(bench, input, options);
  bench.executions.states.set(execution.id, 'running');
  try {
    return await execution.run();
  } finally {
    bench.executions.states.set(execution.id, 'ended');
  }
}

class Execution {
  readonly id: string;
  readonly #bench: Bench;
  readonly #input: unknown;
  readonly #options: WalkOptions;
  readonly #startedAt: number;
  readonly #moves: StepName[] = [];
  #isKilled = false;

  constructor(bench: Bench, input: unknown, options: WalkOptions) {
    this.id = options.executionId ?? 'execution-a';
    this.#bench = bench;
    this.#input = input;
    this.#options = options;
    this.#startedAt = bench.clock.now();
  }

  async run(): Promise<Walked> {
    const inspected = await this.#try('InspectSource', this.#input);
    let state = 'error' in inspected ? { error: inspected.error } : inspected.state;
    while (!state.error && state.next !== 'ended') state = await this.#advance(state);
    return this.#record(state);
  }

  /** From one entry of OpenSession, ConfirmUpload or AwaitAsset to the next. */
  async #advance(state: State): Promise<State> {
    switch (state.at) {
      case 'ConfirmUpload':
        return this.#confirm(state);
      case 'AwaitAsset':
        return this.#await(state);
      default:
        return this.#open(state);
    }
  }

  async #open(entered: State): Promise<State> {
    const state = await this.#outer('OpenSession', entered);
    if (state.next === 'wait') return this.#pause(state, 'OpenSession');
    if (state.next === 'send') await this.#sendRanges(state);
    return { ...state, at: 'ConfirmUpload' };
  }

  async #confirm(entered: State): Promise<State> {
    const state = await this.#outer('ConfirmUpload', entered);
    if (state.next === 'wait') return this.#pause(state, 'ConfirmUpload');
    if (state.next === 'asset') return { ...state, at: 'AwaitAsset' };
    return this.#pause(state, 'OpenSession');
  }

  async #await(entered: State): Promise<State> {
    return this.#pause(await this.#outer('AwaitAsset', entered), 'AwaitAsset');
  }

  #pause(state: State, at: StepName): State {
    if (state.next !== 'ended') this.#bench.clock.advance(state.waitSeconds * 1000);
    return { ...state, at };
  }

  async #outer(step: StepName, entered: State): Promise<State> {
    const { at: _, ...state } = entered;
    const tried = await this.#try(step, state);
    return 'error' in tried ? { ...state, error: tried.error } : tried.state;
  }

  async #sendRanges({ ranges, concurrency, ...owned }: State): Promise<void> {
    const { transferId, fence, sessionNumber, round } = owned;
    const queue = [...ranges];
    const worker = async () => {
      for (let range = queue.shift(); range && !this.#isKilled; range = queue.shift()) {
        const senders = concurrency;
        await this.#sendRange({ transferId, fence, sessionNumber, round, senders, range });
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: concurrency }, worker));
    const broken = ended.find(({ status }) => status === 'rejected');
    if (broken?.status === 'rejected') throw broken.reason;
  }

  async #sendRange(item: State): Promise<void> {
    let state = item;
    for (;;) {
      const tried = await this.#try('SendChunks', state);
      if ('error' in tried) {
        state = { ...state, error: tried.error };
        break;
      }
      state = tried.state;
      if (state.next === 'stop') return;
      if (state.next === 'sent') break;
      if (state.next === 'wait') await this.#bench.clock.sleep(state.waitSeconds * 1000);
    }
    await this.#try('ReportProofs', state);
  }

  async #record({ at: _, ...state }: State): Promise<Walked> {
    const moves = this.#moves;
    const tried = await this.#try('RecordOutcome', state);
    if ('error' in tried) {
      const error = state.error?.Error ?? 'OutcomeNotRecordedError';
      return { status: 'failed', output: {}, error, cause: state.error?.Cause ?? '', moves };
    }
    const { next, output, error, cause } = tried.state;
    if (next === 'succeed') return { status: 'succeeded', output, moves };
    return { status: 'failed', output, error, cause, moves };
  }

  /** One task: its payload and answer as JSON, its errors by name, those worth it tried again. */
  async #try(step: StepName, state: State): Promise<{ state: State } | { error: State }> {
    for (let attempt = 1; ; attempt++) {
      if (this.#isKilled) throw new Killed();
      this.#moves.push(step);
      if (this.#moves.length > maxMoves) throw new Error(`more than ${maxMoves} calls of steps`);
      try {
        await this.#options.onMove?.(step, state);
        return { state: jsonOf(await this.#call(step, jsonOf(state))) };
      } catch (thrown) {
        if (thrown instanceof Killed) throw this.#kill(thrown);
        const error = asTransferError(thrown);
        if (error.disposition !== 'retry' || attempt >= maxTries) return { error: caught(error) };
        await this.#bench.clock.sleep(1000 * 2 ** attempt);
      }
    }
  }

  /** Calls under way go on, as functions do whose execution was stopped; no other one begins. */
  #kill(by: unknown): unknown {
    this.#isKilled = true;
    return by;
  }

  async #call(step: StepName, state: State): Promise<unknown> {
    const invocation = invocationOf(this.#bench, {
      executionId: this.id,
      executionInput: this.#input,
      executionStartedAt: this.#startedAt,
      ...(this.#options.lengthMs !== undefined && { lengthMs: this.#options.lengthMs }),
    });
    try {
      const call: (ports: Ports, state: unknown, invocation: Invocation) => Promise<unknown> =
        steps[step];
      return await call(this.#bench.ports, state, invocation);
    } finally {
      invocation.close();
    }
  }
}

function caught(error: Error): State {
  const { name: errorType, message: errorMessage } = error;
  return { Error: errorType, Cause: JSON.stringify({ errorType, errorMessage, trace: ['at x'] }) };
}

/** As the state machine copies it; more than it can carry is an error. */
function jsonOf(value: unknown): State {
  const text = JSON.stringify(value ?? null);
  if (Buffer.byteLength(text) > maxStateBytes) throw new Error(`a state of ${text.length} bytes`);
  return JSON.parse(text);
}
