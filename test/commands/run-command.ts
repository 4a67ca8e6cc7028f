import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a command left behind. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command under way. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts a command in a process of its own, as its npm script does, with nothing of AWS around it. */
export function startCommand(
  name: 'demo' | 'ingest' | 'doctor',
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Running {
  const script = fileURLToPath(new URL(`../../local/commands/${name}.ts`, import.meta.url));
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [script, ...args], {
    env: { PATH, HOME, AWS_EC2_METADATA_DISABLED: 'true', ...environment },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended };
}

/** Runs a command to its end. */
export function runToEnd(...call: Parameters<typeof startCommand>): Promise<Ended> {
  return startCommand(...call).ended;
}
