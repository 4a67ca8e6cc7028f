import type { Command } from 'commander';
import type { Runtime } from '#src/core/errors/error-lookup.ts';
import type { Context } from '../context.ts';
import type { OnEnd } from '../program.ts';

/** Creates a command. Its action calls `onEnd`. */
export type CreateCommand = (context: Context, onEnd: OnEnd) => Command;

/**
 * A command of the program. Its module is loaded only if the command is called. The module has its options only, and
 * loads its action when it runs: help and the Tab key need no SDK.
 */
export interface RegisteredCommand {
  /** The line in the list of commands. */
  readonly summary: string;
  /** The runtime of the next steps of its errors: `local` if no start in a stack can help. Default: a stack, unless `--local` is given. */
  readonly runtime?: Runtime;
  readonly load: () => Promise<CreateCommand>;
}

/** All commands, in the order of the help text. */
export const commands: Readonly<Record<string, RegisteredCommand>> = {
  ingest: {
    summary: 'move objects with a deployed stack, or files from this computer',
    load: async () => (await import('./ingest.ts')).ingestCommand,
  },
  list: {
    summary: 'list transfers: what moves, waits, is ready or failed',
    load: async () => (await import('./list.ts')).listCommand,
  },
  status: {
    summary: 'show one transfer: progress, speed, time left',
    load: async () => (await import('./status.ts')).statusCommand,
  },
  why: {
    summary: 'explain why a transfer failed or waits, and what to do',
    load: async () => (await import('./why.ts')).whyCommand,
  },
  watch: {
    summary: 'show what moves and waits, again and again',
    load: async () => (await import('./watch.ts')).watchCommand,
  },
  retry: {
    summary: 'start a transfer again, or all that failed',
    load: async () => (await import('./retry.ts')).retryCommand,
  },
  cancel: {
    summary: 'end one transfer on purpose',
    load: async () => (await import('./queue-commands.ts')).cancelCommand,
  },
  pause: {
    summary: 'hold the whole stack',
    load: async () => (await import('./queue-commands.ts')).pauseCommand,
  },
  resume: {
    summary: 'end a pause',
    load: async () => (await import('./queue-commands.ts')).resumeCommand,
  },
  demo: {
    summary: 'move a film from a local S3 into a simulated service; needs no account',
    runtime: 'local',
    load: async () => (await import('./demo.ts')).demoCommand,
  },
  doctor: {
    summary: 'check a deployed stack before the first file',
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  orphans: {
    summary: 'list unfinished uploads at the service that no transfer knows',
    load: async () => (await import('./orphans.ts')).orphansCommand,
  },
  probe: {
    summary: 'ask TwelveLabs what its documents leave open, with one small film',
    runtime: 'local',
    load: async () => (await import('./probe.ts')).probeCommand,
  },
  deploy: {
    summary: 'deploy the stack, or change it',
    runtime: 'local',
    load: async () => (await import('./deploy.ts')).deployCommand,
  },
  export: {
    summary: 'write the stack for CloudFormation or Terraform, without the CDK',
    runtime: 'local',
    load: async () => (await import('./export.ts')).exportCommand,
  },
  app: {
    summary: 'be the app of the CDK command line (cdk deploy --app)',
    runtime: 'local',
    load: async () => (await import('./app.ts')).appCommand,
  },
  completion: {
    summary: 'print the completion script of a shell',
    load: async () => (await import('./completion.ts')).completionCommand,
  },
  version: {
    summary: 'print the version',
    load: async () => (await import('./version.ts')).versionCommand,
  },
  estimate: {
    summary: 'estimate the bill and the time before anything moves',
    runtime: 'local',
    load: async () => (await import('./estimate.ts')).estimateCommand,
  },
};
