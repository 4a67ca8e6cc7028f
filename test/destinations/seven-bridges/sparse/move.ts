import { crashError } from '#local/state-machine/lambda/lambda-errors.ts';
import type { LambdaHandler } from '#local/state-machine/lambda/lambda-runtime.ts';
import { type ExecutionResult, startExecution } from '#local/state-machine/run.ts';
import type { FunctionName } from '#src/core/shared-with-infra/step-names.ts';
import { callWindowMs } from '#src/destinations/seven-bridges/limits.ts';
import { deployedFunctions } from '../../../harness/deployed-functions.ts';
import { deployedMachine } from '../../../harness/machine.ts';
import { openDoubles } from '../../../harness/port-harness.ts';
import { type Load, openSandbox, reads, type Sandbox } from './sandbox.ts';
import { SparseService } from './service.ts';

export interface Move extends Load {
  /** Ends the function of this call of SendChunks without an answer, after a twentieth of its time limit. */
  readonly killedCall?: number;
  /** Whether the service takes one part at a time. */
  readonly isSerial?: boolean;
}

/** What one object took. */
export interface Moved {
  /** The executions, in order. All but the last ended in the queue. */
  readonly executions: readonly ExecutionResult[];
  readonly result: ExecutionResult;
  readonly service: SparseService;
  /** The time of all executions, in ms. */
  readonly tookMs: number;
  /** The time of the longest execution, in ms. */
  readonly longestExecutionMs: number;
  /** The longest call of a function, as a share of its time limit. */
  readonly longestShare: number;
  /** The most calls of the service in one of its windows. */
  readonly mostInWindow: number;
  /** Chunks that were in flight in the killed function. */
  readonly lostChunks: number;
}

/**
 * Moves an object to Seven Bridges in virtual time, by the deployed state machine and its functions. A transfer
 * that ends in the queue is continued at once, as the dispatcher does.
 */
export async function moveSparse({ killedCall, isSerial = false, ...load }: Move): Promise<Moved> {
  const doubles = openDoubles();
  const { clock } = doubles;
  const service = new SparseService(clock, { isSerial });
  const sandboxes = new Sandboxes(() => openSandbox({ doubles, service, ...load }), clock);
  sandboxes.killedCall = killedCall;
  const startedAt = clock.now();
  const handlers = sandboxes.handlers();
  let longestExecutionMs = 0;
  const run = async (input: object, name: string) => {
    const from = sandboxes.startExecution();
    const result = await startExecution({
      ...{ machine: deployedMachine(), input, name, handlers },
      timeFactor: 10_000,
      sleep: (ms) => clock.sleep(ms),
    }).result;
    longestExecutionMs = Math.max(longestExecutionMs, clock.now() - from);
    return result;
  };
  const executions = [await run(reads, 'execution-1')];
  for (let last = executions[0]; isQueued(last); last = executions.at(-1)) {
    const input = await dispatchedInput(doubles, last);
    executions.push(await run(input, `execution-${executions.length + 1}`));
  }
  const result = executions.at(-1) as ExecutionResult;
  const { longestShare, lostChunks } = sandboxes;
  const tookMs = clock.now() - startedAt;
  const counts = {
    tookMs,
    longestExecutionMs,
    longestShare,
    lostChunks,
    mostInWindow: mostIn(service),
  };
  return { executions, result, service, ...counts };
}

function isQueued(result: ExecutionResult | undefined): result is ExecutionResult {
  return (result?.output as Output | undefined)?.status === 'queued';
}

interface Output {
  readonly status?: string;
  readonly transferId: string;
}

/** Returns the input with which the dispatcher starts the next execution of a transfer. */
async function dispatchedInput(
  { store }: ReturnType<typeof openDoubles>,
  { output }: ExecutionResult,
): Promise<object> {
  const row = await store.transfer((output as Output).transferId);
  if (!row) throw new Error('the queued transfer has no row');
  return { dispatched: { transferId: row.transferId, fence: row.fence }, ...reads };
}

/** Lambda: a call takes a warm process, or starts one. */
class Sandboxes {
  killedCall: number | undefined;
  longestShare = 0;
  lostChunks = 0;
  readonly #open: () => Sandbox;
  readonly #clock: ReturnType<typeof openDoubles>['clock'];
  #startedAt = '';
  readonly #warm: Sandbox[] = [];
  #sends = 0;

  constructor(open: () => Sandbox, clock: ReturnType<typeof openDoubles>['clock']) {
    this.#open = open;
    this.#clock = clock;
  }

  /** Begins an execution, whose calls get its time. */
  startExecution(): number {
    const now = this.#clock.now();
    this.#startedAt = new Date(now).toISOString();
    return now;
  }

  handlers(): Record<string, LambdaHandler> {
    const called = [...deployedFunctions(deployedMachine()).values()];
    return Object.fromEntries(
      called.map(({ name, timeoutSeconds }) => [
        name,
        (event: object, context: Parameters<LambdaHandler>[1]) => {
          const payload = { ...event, startedAt: this.#startedAt };
          return this.#call(name as FunctionName, timeoutSeconds * 1000, payload as never, context);
        },
      ]),
    );
  }

  async #call(
    name: FunctionName,
    limitMs: number,
    ...args: Parameters<LambdaHandler>
  ): Promise<unknown> {
    const sandbox = this.#warm.pop() ?? this.#open();
    const startedAt = this.#clock.now();
    const isKilled = name === 'SendChunks' && ++this.#sends === this.killedCall;
    const work = Promise.resolve(sandbox.handlers[name](...args));
    const answer = await (isKilled
      ? Promise.race([work, this.#kill(sandbox, limitMs / 20)])
      : work);
    this.longestShare = Math.max(this.longestShare, (this.#clock.now() - startedAt) / limitMs);
    this.#warm.push(sandbox);
    return answer;
  }

  async #kill(sandbox: Sandbox, afterMs: number): Promise<never> {
    await this.#clock.sleep(afterMs);
    this.lostChunks = sandbox.inFlight;
    sandbox.kill();
    throw crashError('Runtime.ExitError', 'killed');
  }
}

function mostIn({ calls }: SparseService): number {
  let [first, most] = [0, 0];
  for (const [last, { at }] of calls.entries()) {
    while (at - (calls[first]?.at ?? 0) >= callWindowMs) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
