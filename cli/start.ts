import { systemClock } from '#src/system/system-clock.ts';
import { describeError } from './describe-error.ts';
import { exitCodes } from './exit-codes.ts';
import { argumentsOf } from './npm-script.ts';

const interruption = new AbortController();
const outputEnd = new AbortController();
let interruptedLine = () => 'Interrupted.';

for (const [signal, code] of [
  ['SIGINT', exitCodes.interrupted],
  ['SIGTERM', exitCodes.terminated],
  ['SIGHUP', exitCodes.hangup],
] as const)
  process.once(signal, () => {
    interruption.abort();
    // A local run in this process ends it by a handler of its own.
    if (process.listenerCount(signal) > 0) return;
    const line = interruptedLine();
    if (line !== '') process.stderr.write(`${line}\n`);
    process.exit(code);
  });

/** Why an output could not be written, apart from a closed pipe. */
let unwritten: NodeJS.ErrnoException | undefined;

// The program at the other end of a pipe may close it at any time, as `head` does, and a disk may be full. The action
// goes on without output: what it changes must not depend on that.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') unwritten ??= error;
    stream.write = () => true;
    if (stream === process.stdout) outputEnd.abort();
  });

// A library may throw outside any promise, as the local table does when the disk is full.
process.once('uncaughtException', (error) => {
  if (process.listenerCount('uncaughtException') > 0) return;
  const { line, ending } = describeError(error, 'local');
  process.stderr.write(`${line}\n`);
  process.exit(exitCodes[ending]);
});

const { run } = await import('./program.ts');
process.exitCode = await run(argumentsOf(process.argv.slice(2), process.env), {
  io: process,
  env: process.env,
  clock: systemClock,
  signal: interruption.signal,
  outputClosed: outputEnd.signal,
  onInterrupt: (line) => {
    interruptedLine = line;
  },
});

/** Reports an output that was lost once the action has ended: a script must not take what is there for all. */
process.once('beforeExit', () => {
  if (unwritten === undefined || process.exitCode === undefined) return;
  process.stderr.write(
    `The output could not be written: ${unwritten.message}. The command itself has run. Free space, or write elsewhere.\n`,
  );
  if (process.exitCode === exitCodes.done) process.exitCode = exitCodes.disk;
});
