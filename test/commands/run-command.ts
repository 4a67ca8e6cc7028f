import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { canaries } from '../security/canaries.ts';
import { canarySearch } from '../security/canary-search.ts';

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

/** In every command's environment, used or not. */
const secrets = { AWS_SESSION_TOKEN: canaries.sessionToken, OTHER_SECRET: canaries.planted };

/**
 * Starts a command in a process of its own, as its npm script does, with nothing of AWS around it
 * but secrets, for which all that it prints is searched.
 */
export function startCommand(
  name: 'demo' | 'ingest' | 'doctor',
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  { maxFileKiB }: { readonly maxFileKiB?: number } = {},
): Running {
  const script = fileURLToPath(new URL(`../../local/commands/${name}.ts`, import.meta.url));
  const { PATH = '', HOME = '' } = process.env;
  const call = [process.execPath, script, ...args];
  // The system then refuses to let a file grow, as a full disk does.
  const limit = maxFileKiB === undefined ? '' : `ulimit -f ${maxFileKiB}; `;
  const child = spawn('bash', ['-c', `${limit}exec "$@"`, 'bash', ...call], {
    env: { PATH, HOME, AWS_EC2_METADATA_DISABLED: 'true', ...secretsOf(name), ...environment },
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
    child.on('close', (code) => {
      for (const text of [stdout, stderr]) canarySearch.searchText('commands', text);
      resolve({ code, stdout, stderr });
    });
  });
  return { child, ended };
}

/** The doctor has no use for the service's key, and people have it in their shells. */
function secretsOf(name: string): Record<string, string> {
  return name === 'doctor' ? { ...secrets, TWELVE_LABS_API_KEY: canaries.apiKey } : secrets;
}

/** Runs a command to its end. */
export function runToEnd(...call: Parameters<typeof startCommand>): Promise<Ended> {
  return startCommand(...call).ended;
}
