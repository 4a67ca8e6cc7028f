import type { EventEmitter } from 'node:events';
import { format } from 'node:util';
import { argumentsOf } from '#cli/npm-script.ts';
import { run as runProgram } from '#cli/program.ts';
import { systemClock } from '#src/system/system-clock.ts';
import type { Ended } from './run-command.ts';

/*
 * A process that runs commands one after the other: to load the SDK and the table takes most of the time
 * of a short command. It replaces what a command has of its process: the arguments, the environment, the
 * streams, the exit code and the handlers of signals.
 */

/** A command to run. */
export interface Job {
  /** The file of the program. */
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Thrown by `process.exit`, which ends the command and not the process. */
class Exit extends Error {}

const streams = ['stdout', 'stderr'] as const;

/** The exit code of `process.exit`. What the command writes or returns later, a process could not. */
let exited: number | undefined;

process.exit = (code) => {
  exited ??= Number(code ?? process.exitCode ?? 0);
  throw new Exit('the command has ended');
};

process.on('message', async (job: Job) => {
  const restore = keepListeners();
  const ended = await run(job);
  restore();
  process.send?.(ended);
});

async function run({ program, args, environment }: Job): Promise<Ended> {
  exited = undefined;
  const written = captureStreams();
  replaceEnvironment(environment);
  process.argv = [process.execPath, program, ...args];
  process.exitCode = undefined;
  try {
    process.exitCode = await runProgram(argumentsOf(args, process.env), {
      io: process,
      env: process.env,
      clock: systemClock,
      signal: new AbortController().signal,
      onInterrupt: () => {},
    });
  } catch (error) {
    if (!(error instanceof Exit)) {
      written.stderr += format(error);
      process.exitCode = 1;
    }
  }
  const code = exited ?? Number(process.exitCode ?? 0);
  process.exitCode = undefined;
  return { code, ...written };
}

/** Returns the texts that the command writes from now on. */
function captureStreams(): Record<(typeof streams)[number], string> {
  const written = { stdout: '', stderr: '' };
  for (const name of streams)
    process[name].write = (text: string | Uint8Array, ...more: unknown[]) => {
      if (exited === undefined)
        written[name] += typeof text === 'string' ? text : Buffer.from(text).toString();
      const done = more.at(-1);
      if (typeof done === 'function') done();
      return true;
    };
  return written;
}

function replaceEnvironment(environment: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, environment);
}

/** Returns a function that removes all listeners of the process and its streams that were added since. */
function keepListeners(): () => void {
  const emitters: readonly EventEmitter[] = [process, process.stdout, process.stderr];
  const before = emitters.map((emitter) =>
    emitter.eventNames().map((event) => [event, emitter.listeners(event)] as const),
  );
  return () =>
    emitters.forEach((emitter, index) => {
      const kept = new Map(before[index]);
      for (const event of emitter.eventNames())
        for (const listener of emitter.listeners(event))
          if (!kept.get(event)?.includes(listener))
            emitter.removeListener(event, listener as () => void);
    });
}
