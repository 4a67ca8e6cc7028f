import { readFile } from 'node:fs/promises';
import { promiseHooks } from 'node:v8';
import { createContainer } from '#functions/runtime/container.ts';
import { createHandlers } from '#local/handlers.ts';
import { fromSaved } from '#local/state-machine/definition/deployed-definition.ts';
import { type ExecutionResult, startExecution } from '#local/state-machine/run.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { Job } from './killable-runs.ts';

/** A process that runs the executions of its job and kills itself between two awaits. */

const [jobText = '{}'] = process.argv.slice(2);
const { machineFile, finish, start, killAt, epoch, timeFactor } = JSON.parse(jobText) as Job;
const machine = fromSaved(JSON.parse(await readFile(machineFile, 'utf8')));
const clock = sharedClock();
const quiet = () => {};
const container = createContainer(process.env, {
  clock,
  log: { info: quiet, warn: quiet, error: quiet },
  meter: { add: quiet },
  starter: {
    start: async ({ input }) => {
      void run(input);
      return 'started';
    },
  },
});
const handlers = createHandlers(container);

if (finish) print({ finished: await run(finish) });
let continuations = 0;
const stop = promiseHooks.onBefore(() => {
  if (++continuations === killAt) process.kill(process.pid, 'SIGKILL');
});
const started = start && (await run(start));
stop();
print({ started, continuations });
await container.close();
process.exit();

/** Prints one line immediately: output before a kill is not lost. */
function print(result: object): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

function run(input: unknown): Promise<ExecutionResult> {
  const sleep = (milliseconds: number) => clock.sleep(milliseconds);
  return startExecution({ machine, handlers, input, timeFactor, sleep }).result;
}

/** Returns a clock that runs faster than the machine's and is equal in all processes of one epoch. */
function sharedClock(): Clock {
  const after = (ms: number, task: () => void) => {
    const timer = setTimeout(task, ms / timeFactor);
    return () => clearTimeout(timer);
  };
  return {
    now: () => Math.round(epoch + (Date.now() - epoch) * timeFactor),
    after,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const cancel = after(ms, resolve);
        const abort = () => {
          cancel();
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', abort, { once: true });
      }),
  };
}
