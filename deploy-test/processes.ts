import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

/** The folder and the environment of a process. */
export interface Start {
  readonly cwd: string;
  /** The complete environment. */
  readonly env: NodeJS.ProcessEnv;
}

/** Characters of a process's output that are stored, from its end. */
const storedOutput = 100_000;

/** Time for a process group to end after SIGTERM, before SIGKILL. */
const graceMs = 3_000;

/**
 * Child processes. Each is the head of its own process group: Ctrl-C reaches only this process, and the
 * children of a child end with it.
 */
export class Processes {
  readonly #heads = new Set<ChildProcess>();

  /** Starts a process that runs until `end`. Its stdin stays open; its stderr goes to `errors`. */
  start(command: string, args: readonly string[], start: Start, errors: Writable): ChildProcess {
    const child = this.#spawn(command, args, start, 'pipe');
    child.stderr?.pipe(errors, { end: false });
    return child;
  }

  /**
   * Runs a process to its end and returns its output.
   * @throws Error - the start failed, it took longer than `limitMs`, or its exit code is not 0. The
   *   message has the last lines of the output; `output` has all of it
   */
  async run(
    command: string,
    args: readonly string[],
    start: Start,
    limitMs: number,
  ): Promise<string> {
    const child = this.#spawn(command, args, start, 'ignore');
    let output = '';
    const append = (data: Buffer) => {
      output = (output + data).slice(-storedOutput);
    };
    child.stdout?.on('data', append);
    child.stderr?.on('data', append);
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

  /** Ends a process and its children. */
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

  /** Kills all process groups without waiting, when this process exits. */
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

/** Sends a signal to the group. Returns false if the group no longer exists. */
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
