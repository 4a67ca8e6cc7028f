import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LocalStateMachine } from '#local/state-machine/definition/definition.ts';
import { saveDefinition } from '#local/state-machine/definition/deployed-definition.ts';
import type { ExecutionResult } from '#local/state-machine/run.ts';

/** The job of a child process. */
export interface Job {
  readonly machineFile: string;
  /** The input of an execution that the child first runs to its end. */
  readonly finish?: unknown;
  /** The input of the execution during which the child then kills itself. */
  readonly start?: unknown;
  /** The promise continuation of the kill, counted from 1 from that start. Default: no kill. */
  readonly killAt?: number | undefined;
  /** Begin of the time that all children share, in ms since 1970. */
  readonly epoch: number;
  readonly timeFactor: number;
}

/** The end of a child, and the results of its executions. */
export interface JobResult {
  readonly signal: NodeJS.Signals | null;
  readonly finished?: ExecutionResult;
  readonly started?: ExecutionResult;
  readonly continuations?: number;
}

/** Runs jobs in child processes. */
export interface KillableRuns {
  run(job: Pick<Job, 'finish' | 'start' | 'killAt'>): Promise<JobResult>;
  close(): Promise<void>;
}

/** Time limit of SendChunks, which bounds the claim of a dead sender, in seconds of virtual time. */
const sendSeconds = 40;

const script = fileURLToPath(new URL('killable-child.ts', import.meta.url));

/**
 * Prepares runs of a machine in child processes. The children share the environment of this process and
 * a clock that runs `timeFactor` times faster.
 */
export async function openKillableRuns(
  machine: LocalStateMachine,
  timeFactor: number,
): Promise<KillableRuns> {
  const folder = await mkdtemp(join(tmpdir(), 'crash-points-'));
  const machineFile = join(folder, 'machine.json');
  const functions = [...machine.functions].map(
    ([arn, one]) =>
      [arn, one.name === 'SendChunks' ? { ...one, timeoutSeconds: sendSeconds } : one] as const,
  );
  await writeFile(machineFile, saveDefinition({ ...machine, functions: new Map(functions) }));
  const common = { machineFile, epoch: Date.now(), timeFactor };
  return {
    run: (job) => runChild({ ...common, ...job }),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

function runChild(job: Job): Promise<JobResult> {
  const child = spawn(process.execPath, [script, JSON.stringify(job)]);
  const output = { out: '', error: '' };
  child.stdout.on('data', (text) => {
    output.out += text;
  });
  child.stderr.on('data', (text) => {
    output.error += text;
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) => {
      const lines = output.out.split('\n').filter(Boolean);
      const results = lines.map((line): Partial<JobResult> => JSON.parse(line));
      if (signal || code === 0) resolve(Object.assign({ signal }, ...results));
      else reject(new Error(`the child ended with ${code}: ${output.error}`));
    });
  });
}
