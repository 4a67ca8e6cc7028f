import { readFile } from 'node:fs/promises';
import { promiseHooks } from 'node:v8';
import { closeHttp } from '#functions/runtime/agent.ts';
import { give } from '#functions/runtime/given.ts';
import { handlers } from '#local/handlers.ts';
import { type ExecutionResult, startExecution } from '#local/state-machine/run.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { Errand, SavedMachine } from './killable-runs.ts';

/** A process that runs executions and kills itself between two awaits, as its errand says. */

const [errandText = '{}'] = process.argv.slice(2);
const { machineFile, finish, start, killAt, epoch, timeFactor } = JSON.parse(errandText) as Errand;
const saved = JSON.parse(await readFile(machineFile, 'utf8')) as SavedMachine;
const machine = { ...saved, functions: new Map(saved.functions) };
const clock = sharedClock();
const quiet = () => {};
give({
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

if (finish) tell({ finished: await run(finish) });
let continuations = 0;
const stop = promiseHooks.onBefore(() => {
  if (++continuations === killAt) process.kill(process.pid, 'SIGKILL');
});
const started = start && (await run(start));
stop();
tell({ started, continuations });
await closeHttp();
process.exit();

/** A line at once: what was told before a death was told. */
function tell(told: object): void {
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

function run(input: unknown): Promise<ExecutionResult> {
  const sleep = (milliseconds: number) => clock.sleep(milliseconds);
  return startExecution({ machine, handlers, input, timeFactor, sleep }).result;
}

/** Faster than the machine's, and the same in every process that counts from one epoch. */
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
