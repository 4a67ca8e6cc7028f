import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { heapOption } from '#cli/local-run/local-process.ts';
import { canaries } from '../security/canaries/canaries.ts';
import { canarySearch } from '../security/canaries/search.ts';
import type { Job } from './command-host.ts';

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

export type CommandName = 'demo' | 'ingest' | 'doctor';

/** The npm scripts, as package.json has them: `node`, its options, the program, and the arguments. */
const { scripts }: { scripts: Record<CommandName, string> } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);

/** The call of an npm script. */
function callOf(name: CommandName) {
  const words = scripts[name].split(' ').slice(1);
  const at = words.findIndex((word) => !word.startsWith('-'));
  const program = fileURLToPath(new URL(`../../${words[at]}`, import.meta.url));
  return { options: words.slice(0, at), program, args: words.slice(at + 1) };
}

/** Secrets in every command's environment. */
const secrets = { AWS_SESSION_TOKEN: canaries.sessionToken, OTHER_SECRET: canaries.planted };

/**
 * Starts a command in its own process, as its npm script does. Its environment has no AWS settings except
 * secrets. All output is searched for these secrets.
 */
export function startCommand(
  name: CommandName,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  { maxFileKiB }: { readonly maxFileKiB?: number } = {},
): Running {
  const { options, program, args: own } = callOf(name);
  const call = [process.execPath, ...options, program, ...own, ...args];
  // The limit on the file size simulates a full disk.
  const limit = maxFileKiB === undefined ? '' : `ulimit -f ${maxFileKiB}; `;
  const child = spawn('bash', ['-c', `${limit}exec "$@"`, 'bash', ...call], {
    env: environmentOf(name, environment),
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
      resolve(searched({ code, stdout, stderr }));
    });
  });
  return { child, ended };
}

function environmentOf(
  name: CommandName,
  environment: Readonly<Record<string, string>>,
): Record<string, string> {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env;
  const own = { PATH, HOME, NODE_COMPILE_CACHE, AWS_EC2_METADATA_DISABLED: 'true' };
  return { ...own, ...secretsOf(name), ...environment };
}

/** Searches what a command printed for secrets. */
function searched(ended: Ended): Ended {
  for (const text of [ended.stdout, ended.stderr]) canarySearch.searchText('commands', text);
  return ended;
}

/** Adds the service's key for the doctor, which does not need it: users have the key in their shells. */
function secretsOf(name: string): Record<string, string> {
  return name === 'doctor' ? { ...secrets, TWELVE_LABS_API_KEY: canaries.apiKey } : secrets;
}

/** Runs a command in its own process and waits for its end. */
export function runToEnd(...call: Parameters<typeof startCommand>): Promise<Ended> {
  return startCommand(...call).ended;
}

let host: ChildProcess | undefined;
let last: Promise<unknown> = Promise.resolve();

/**
 * Runs a command in the process that all commands of this worker share, one at a time. Use it for what a
 * command prints and sends; `startCommand` is for its start, its signals and its pipes.
 */
export function runShared(
  name: CommandName,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const { program, args: own } = callOf(name);
  const job = { program, args: [...own, ...args], environment: environmentOf(name, environment) };
  const ended = last.then(() => {
    host ??= startHost();
    return runIn(host, job);
  });
  last = ended.catch(() => undefined);
  return ended;
}

/** Starts the shared process. It ends with this process, as the channel between them closes. */
function startHost(): ChildProcess {
  const file = fileURLToPath(new URL('command-host.ts', import.meta.url));
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
  const child = fork(file, {
    env: { PATH, NODE_COMPILE_CACHE },
    execArgv: [heapOption],
    stdio: 'inherit',
  });
  child.once('exit', () => {
    host = undefined;
  });
  return child;
}

async function runIn(child: ChildProcess, job: Job): Promise<Ended> {
  const stop = new AbortController();
  const { signal } = stop;
  child.ref();
  child.channel?.ref();
  const died = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`the process of the commands has ended with ${code}`);
  });
  child.send(job);
  try {
    const [ended] = (await Promise.race([once(child, 'message', { signal }), died])) as [Ended];
    return searched(ended);
  } finally {
    died.catch(() => undefined);
    stop.abort();
    child.unref();
    child.channel?.unref();
  }
}
