import type { StateMachineEvent } from '#local/state-machine/event-tally.ts';
import type { LambdaHandler } from '#local/state-machine/lambda-runtime.ts';
import type { HttpRequest, Transport } from '#src/core/ports/transport.ts';
import type { SourceReader } from '#src/core/source/source-reader.ts';
import { takeApart } from '../../simulation/faults/faulty-transport.ts';
import type { Sandbox } from '../../harness/sandbox.ts';

/** A moment just before or just after something that the world outside can see. */
export interface Moment {
  /** Counts the effects of one run, from 1; both moments of an effect bear its number. */
  readonly index: number;
  /** Such as `store.storeProof`, `http put 2` or `entered SendRanges`. */
  readonly name: string;
  readonly when: 'before' | 'after';
  /** The process of a function that the moment is in; none where the state machine itself moves. */
  readonly process?: Pick<Sandbox, 'die'> | undefined;
  /** The function at work; none where the state machine itself moves. */
  readonly functionName?: string | undefined;
  /** The execution that it belongs to; empty for a call that belongs to none. */
  readonly executionId?: string | undefined;
}

/** Is told of every moment; an effect of a function waits for what it returns. */
export type Meet = (moment: Moment) => void | Promise<void>;

/** One execution's effects, counted. */
export interface Run {
  readonly meet: Meet;
  /** Names of the effects so far, in order. */
  readonly effects: string[];
  isDead: boolean;
}

const never = <T>(): Promise<T> => new Promise(() => {});

/** The run that an execution's effects belong to; none for what belongs to no execution. */
export type RunOf = (executionId: string | undefined) => Run | undefined;

/** Lets an effect happen between its two moments, unless its process dies at the first. */
export function effect<T>(
  runOf: RunOf,
  sandbox: Sandbox,
  name: string,
  happen: () => Promise<T>,
): Promise<T> {
  const run = runOf(sandbox.executionId);
  if (!run) return happen();
  return sandbox.call(name, async () => {
    const { functionName, executionId } = sandbox;
    const moment = { index: run.effects.push(name), name, process: sandbox };
    await run.meet({ ...moment, functionName, executionId, when: 'before' });
    if (!sandbox.isAlive) return never<T>();
    const answer = await happen();
    await run.meet({ ...moment, functionName, executionId, when: 'after' });
    return answer;
  });
}

/** A port, each call of which is an effect. */
export function metPort<T extends object>(
  part: T,
  kind: string,
  runOf: RunOf,
  sandbox: Sandbox,
): T {
  return new Proxy(part, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...given: unknown[]) =>
        effect(runOf, sandbox, `${kind}.${String(name)}`, () => member.apply(target, given));
    },
  });
}

/** A source whose reads are effects as they begin; of one that is under way no byte reaches the dead. */
export function metSource(reader: SourceReader, runOf: RunOf, sandbox: Sandbox): SourceReader {
  const { inspect, confirmReadable } = metPort(reader, 'source', runOf, sandbox);
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

/** A wire on which every request is an effect, named by what it asks for. */
export function metTransport(transport: Transport, runOf: RunOf, sandbox: Sandbox): Transport {
  return {
    send(request) {
      const { operation, chunks } = takeApart(request);
      const name = ['http', operation, ...chunks.map(({ index }) => index)].join(' ');
      return effect(runOf, sandbox, name, () => transport.send(whileAlive(request, sandbox)));
    },
  };
}

/** A connection ends with its process. */
function whileAlive(request: HttpRequest, sandbox: Sandbox): HttpRequest {
  const controller = new AbortController();
  sandbox.onDeath(() => controller.abort(new Error('the process is dead')));
  return { ...request, signal: AbortSignal.any([request.signal, controller.signal]) };
}

/** A handler, each call of which is an effect: its process may die before it begins, or with its answer. */
export function metHandler(name: string, handler: LambdaHandler, runOf: RunOf): LambdaHandler {
  return (payload: { readonly executionId?: string }, context) => {
    const run = runOf(payload.executionId);
    const call = async () => handler(payload as never, context);
    const executionId = payload.executionId ?? '';
    return run ? callMet(run, { functionName: name, executionId }, call) : call();
  };
}

function callMet(
  run: Run,
  whose: { readonly functionName: string; readonly executionId: string },
  call: () => Promise<unknown>,
): Promise<unknown> {
  const { promise, reject } = Promise.withResolvers<unknown>();
  let isOver = false;
  const die = (errorType: string) => {
    isOver = true;
    reject(Object.assign(new Error('the process ended without an answer'), { name: errorType }));
  };
  const name = `lambda ${whose.functionName}`;
  const moment = { ...whose, index: run.effects.push(name), name, process: { die } };
  const work = async () => {
    await run.meet({ ...moment, when: 'before' });
    if (isOver || run.isDead) return never();
    const answer = await call();
    await run.meet({ ...moment, when: 'after' });
    return answer;
  };
  return Promise.race([promise, work()]);
}

/** Tells a run of a transition of its state machine, which waits for nobody. */
export function meetTransition(run: Run, event: StateMachineEvent): void {
  if (event.type !== 'StateEntered' && event.type !== 'StateExited') return;
  if (run.isDead) return;
  const isEntry = event.type === 'StateEntered';
  const name = `${isEntry ? 'entered' : 'exited'} ${event.state.name}`;
  const index = run.effects.push(name);
  void run.meet({ index, name, when: isEntry ? 'before' : 'after' });
}
