import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LocalStateMachine } from '#local/state-machine/definition.ts';
import type { ExecutionResult } from '#local/state-machine/run.ts';
import type { LocalFunction } from '#local/state-machine/template.ts';

/** A machine as a file holds it: synthesizing takes seconds, and every child needs it. */
export interface SavedMachine extends Omit<LocalStateMachine, 'functions'> {
  readonly functions: [string, LocalFunction][];
}

/** What a child is sent out for. */
export interface Errand {
  readonly machineFile: string;
  /** The input of an execution that it first runs to its end. */
  readonly finish?: unknown;
  /** The input of the execution that it then starts and, at the n-th continuation, dies of. */
  readonly start?: unknown;
  /** Counts continuations of promises from that start on, from 1; it lives where left out. */
  readonly killAt?: number | undefined;
  /** When the time began that all children share, in milliseconds since 1970. */
  readonly epoch: number;
  readonly timeFactor: number;
}

/** How a child ended, and how its executions did where it lived to tell. */
export interface Returned {
  readonly signal: NodeJS.Signals | null;
  readonly finished?: ExecutionResult;
  readonly started?: ExecutionResult;
  readonly continuations?: number;
}

/** Sends children out. */
export interface MortalRuns {
  send(errand: Pick<Errand, 'finish' | 'start' | 'killAt'>): Promise<Returned>;
  close(): Promise<void>;
}

/** Bounds how long a dead sender's claim is waited out, in seconds of the children's time. */
const sendSeconds = 40;

const script = fileURLToPath(new URL('mortal-child.ts', import.meta.url));

/**
 * Makes ready to run a machine in processes of their own, which share the environment of this one and
 * a time that passes so many times faster.
 */
export async function openMortalRuns(
  machine: LocalStateMachine,
  timeFactor: number,
): Promise<MortalRuns> {
  const folder = await mkdtemp(join(tmpdir(), 'crash-points-'));
  const machineFile = join(folder, 'machine.json');
  const functions = [...machine.functions].map(([arn, one]): [string, LocalFunction] => [
    arn,
    one.name === 'SendChunks' ? { ...one, timeoutSeconds: sendSeconds } : one,
  ]);
  const saved: SavedMachine = { ...machine, functions };
  await writeFile(machineFile, JSON.stringify(saved));
  const common = { machineFile, epoch: Date.now(), timeFactor };
  const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') };
  return {
    send: (errand) => childOf({ ...common, ...errand }, env),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

function childOf(errand: Errand, env: NodeJS.ProcessEnv): Promise<Returned> {
  const child = spawn(process.execPath, [script, JSON.stringify(errand)], { env });
  const said = { out: '', error: '' };
  child.stdout.on('data', (text) => {
    said.out += text;
  });
  child.stderr.on('data', (text) => {
    said.error += text;
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) => {
      const lines = said.out.split('\n').filter(Boolean);
      const told = lines.map((line): Partial<Returned> => JSON.parse(line));
      if (signal || code === 0) resolve(Object.assign({ signal }, ...told));
      else reject(new Error(`the child ended with ${code}: ${said.error}`));
    });
  });
}
