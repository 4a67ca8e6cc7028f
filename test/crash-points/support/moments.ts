import type { StateMachineEvent } from '#local/state-machine/event-tally.ts';
import type { LambdaHandler } from '#local/state-machine/lambda/lambda-runtime.ts';
import type { HttpRequest, Transport } from '#src/core/ports/transport.ts';
import type { SourceReader } from '#src/core/source/source-reader.ts';
import { wrapPort } from '../../harness/wrap-port.ts';
import { parseRequest } from '../../simulation/faults/faulty-transport.ts';
import type { Sandbox } from '../../simulation/harness/sandbox.ts';

/** A moment directly before or after an externally visible effect. */
export interface Moment {
  /** The number of the effect in its run, from 1, for both of its moments. */
  readonly index: number;
  /** Such as `store.storeProof`, `http put 2` or `entered SendRanges`. */
  readonly name: string;
  readonly when: 'before' | 'after';
  /** The process of the function; undefined for a transition of the state machine. */
  readonly process?: Pick<Sandbox, 'die'> | undefined;
  /** The name of the function; undefined for a transition of the state machine. */
  readonly functionName?: string | undefined;
  /** The execution; empty for a call without an execution. */
  readonly executionId?: string | undefined;
}

/** Called at every moment. An effect of a function waits for the returned promise. */
export type OnMoment = (moment: Moment) => void | Promise<void>;

/** One execution with its counted effects. */
export interface Run {
  readonly onMoment: OnMoment;
  /** Names of its effects, in order. */
  readonly effects: string[];
  isDead: boolean;
}

const never = <T>(): Promise<T> => new Promise(() => {});

/** Returns the run of an execution; undefined for calls without an execution. */
export type RunOf = (executionId: string | undefined) => Run | undefined;

/** Runs an effect between its two moments, unless its process dies at the first. */
export function effect<T>(
  runOf: RunOf,
  sandbox: Sandbox,
  name: string,
  act: () => Promise<T>,
): Promise<T> {
  const run = runOf(sandbox.executionId);
  if (!run) return act();
  return sandbox.call(name, async () => {
    const { functionName, executionId } = sandbox;
    const moment = { index: run.effects.push(name), name, process: sandbox };
    await run.onMoment({ ...moment, functionName, executionId, when: 'before' });
    if (!sandbox.isAlive) return never<T>();
    const answer = await act();
    await run.onMoment({ ...moment, functionName, executionId, when: 'after' });
    return answer;
  });
}

/** Returns a port whose calls are effects. */
export function observedPort<T extends object>(
  part: T,
  kind: string,
  runOf: RunOf,
  sandbox: Sandbox,
): T {
  return wrapPort(part, (name, call) =>
    effect(runOf, sandbox, `${kind}.${name}`, call as () => Promise<unknown>),
  );
}

/** Returns a source whose reads are effects when they begin. A dead process receives no bytes. */
export function observedSource(reader: SourceReader, runOf: RunOf, sandbox: Sandbox): SourceReader {
  const { inspect, confirmReadable } = observedPort(reader, 'source', runOf, sandbox);
  return {
    inspect,
    confirmReadable,
    async *read(object, range, signal) {
      const begin = async () => reader.read(object, range, signal);
      const pieces = await effect(runOf, sandbox, 'source.read', begin);
      for await (const piece of pieces) yield sandbox.isAlive ? piece : await never<Uint8Array>();
    },
  };
}

/** Returns a transport whose requests are effects, named by operation and chunk. */
export function observedTransport(transport: Transport, runOf: RunOf, sandbox: Sandbox): Transport {
  return {
    send(request) {
      const { operation, chunks } = parseRequest(request);
      const name = ['http', operation, ...chunks.map(({ index }) => index)].join(' ');
      return effect(runOf, sandbox, name, () => transport.send(whileAlive(request, sandbox)));
    },
  };
}

/** Ends a connection when its process dies. */
function whileAlive(request: HttpRequest, sandbox: Sandbox): HttpRequest {
  const controller = new AbortController();
  sandbox.onDeath(() => controller.abort(new Error('the process is dead')));
  return { ...request, signal: AbortSignal.any([request.signal, controller.signal]) };
}

/** Returns a handler whose calls are effects: its process may die before the call or with its result. */
export function observedHandler(name: string, handler: LambdaHandler, runOf: RunOf): LambdaHandler {
  return (payload: { readonly executionId?: string }, context) => {
    const run = runOf(payload.executionId);
    const call = async () => handler(payload as never, context);
    const executionId = payload.executionId ?? '';
    return run ? callObserved(run, { functionName: name, executionId }, call) : call();
  };
}

function callObserved(
  run: Run,
  caller: { readonly functionName: string; readonly executionId: string },
  call: () => Promise<unknown>,
): Promise<unknown> {
  const { promise, reject } = Promise.withResolvers<unknown>();
  let isOver = false;
  const die = (errorType: string) => {
    isOver = true;
    reject(Object.assign(new Error('the process ended without an answer'), { name: errorType }));
  };
  const name = `lambda ${caller.functionName}`;
  const moment = { ...caller, index: run.effects.push(name), name, process: { die } };
  const work = async () => {
    await run.onMoment({ ...moment, when: 'before' });
    if (isOver || run.isDead) return never();
    const answer = await call();
    await run.onMoment({ ...moment, when: 'after' });
    return answer;
  };
  return Promise.race([promise, work()]);
}

/** Reports a transition to its run. The state machine does not wait. */
export function reportTransition(run: Run, event: StateMachineEvent): void {
  if (event.type !== 'StateEntered' && event.type !== 'StateExited') return;
  if (run.isDead) return;
  const isEntry = event.type === 'StateEntered';
  const name = `${isEntry ? 'entered' : 'exited'} ${event.state.name}`;
  const index = run.effects.push(name);
  void run.onMoment({ index, name, when: isEntry ? 'before' : 'after' });
}
