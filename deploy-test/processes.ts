import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

/** How a process is started. */
export interface Start {
  readonly cwd: string;
  /** Its whole environment. */
  readonly env: NodeJS.ProcessEnv;
}

/** As much of a process's output as is kept, from its end, in characters. */
const keptOutput = 100_000;

/** What a group gets to end by itself before it is killed. */
const graceMs = 3_000;

/**
 * Child processes, each the head of a group of its own: Ctrl-C reaches only this process, and what a
 * child starts ends with it.
 */
export class Processes {
  readonly #heads = new Set<ChildProcess>();

  /** Starts one that lives until it is ended; its input stays open, its errors go to `errors`. */
  start(command: string, args: readonly string[], start: Start, errors: Writable): ChildProcess {
    const child = this.#spawn(command, args, start, 'pipe');
    child.stderr?.pipe(errors, { end: false });
    return child;
  }

  /**
   * Runs one to its end and gives what it wrote.
   * @throws Error - it could not be started, took longer than `limitMs`, or ended with another code
   *   than 0; the message has the last lines of what it wrote, and `output` has it all
   */
  async run(
    command: string,
    args: readonly string[],
    start: Start,
    limitMs: number,
  ): Promise<string> {
    const child = this.#spawn(command, args, start, 'ignore');
    let output = '';
    const keep = (data: Buffer) => {
      output = (output + data).slice(-keptOutput);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    try {
      const [code] = await once(child, 'close', { signal: AbortSignal.timeout(limitMs) });
      if (code === 0) return output;
      const message = `${command} ended with ${code}: ${lastLines(output)}`;
      throw Object.assign(new Error(message), { output });
    } catch (error) {
      if ((error as Error).name !== 'AbortError') throw error;
      throw new Error(`${command} took longer than ${limitMs / 1000} s: ${lastLines(output)}`);
    } finally {
      await this.end(child);
    }
  }

  /** Ends a process and all that it started. */
  async end(child: ChildProcess): Promise<void> {
    if (isAlive(child) && signal(child, 'SIGTERM')) {
      await Promise.race([once(child, 'exit'), pause(graceMs, undefined, { ref: false })]);
    }
    signal(child, 'SIGKILL');
    this.#heads.delete(child);
  }

  async endAll(): Promise<void> {
    await Promise.all([...this.#heads].map((head) => this.end(head)));
  }

  /** For the moment in which nothing can be waited for. */
  killAll(): void {
    for (const head of this.#heads) signal(head, 'SIGKILL');
  }

  #spawn(command: string, args: readonly string[], start: Start, input: 'pipe' | 'ignore') {
    const child = spawn(command, args, {
      ...start,
      stdio: [input, 'pipe', 'pipe'],
      detached: true,
    });
    this.#heads.add(child);
    child.on('error', () => this.#heads.delete(child));
    return child;
  }
}

function isAlive(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/** Whether anybody of the group was there to hear it. */
function signal(child: ChildProcess, name: NodeJS.Signals): boolean {
  if (child.pid === undefined) return false;
  try {
    return process.kill(-child.pid, name);
  } catch {
    return false;
  }
}

function lastLines(output: string): string {
  return output.trim().split('\n').slice(-15).join('\n');
}
