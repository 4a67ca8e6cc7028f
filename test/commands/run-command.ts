import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { canaries } from '../security/canaries/canaries.ts';
import { canarySearch } from '../security/canaries/search.ts';

/** The result of a command. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running command. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Secrets in every command's environment. */
const secrets = { AWS_SESSION_TOKEN: canaries.sessionToken, OTHER_SECRET: canaries.planted };

/**
 * Starts a command in its own process, as its npm script does. Its environment has no AWS settings except
 * secrets. All output is searched for these secrets.
 */
export function startCommand(
  name: 'demo' | 'ingest' | 'doctor',
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  { maxFileKiB }: { readonly maxFileKiB?: number } = {},
): Running {
  const file = name === 'ingest' ? 'ingest.js' : `${name}.ts`;
  const script = fileURLToPath(new URL(`../../local/commands/${file}`, import.meta.url));
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env;
  const call = [process.execPath, script, ...args];
  // The limit on the file size simulates a full disk.
  const limit = maxFileKiB === undefined ? '' : `ulimit -f ${maxFileKiB}; `;
  const child = spawn('bash', ['-c', `${limit}exec "$@"`, 'bash', ...call], {
    env: {
      ...{ PATH, HOME, NODE_COMPILE_CACHE, AWS_EC2_METADATA_DISABLED: 'true' },
      ...secretsOf(name),
      ...environment,
    },
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

/** Adds the service's key for the doctor, which does not need it: users have the key in their shells. */
function secretsOf(name: string): Record<string, string> {
  return name === 'doctor' ? { ...secrets, TWELVE_LABS_API_KEY: canaries.apiKey } : secrets;
}

/** Runs a command and waits for its end. */
export function runToEnd(...call: Parameters<typeof startCommand>): Promise<Ended> {
  return startCommand(...call).ended;
}
