import { closeHttp } from '#functions/runtime/agent.ts';
import { give } from '#functions/runtime/given.ts';
import { environmentKeys } from '#src/config/environment-keys.ts';
import type { ExecutionStarter } from '#src/core/ports/executions.ts';
import { executionArnOf } from '#src/core/queue/execution-arn.ts';
import type { Sources } from '#src/core/source/sources.ts';
import type { Ports } from '#src/transfer/step.ts';
import { handlers } from './handlers.ts';
import type { LocalStateMachine } from './state-machine/definition.ts';
import { deployedDefinition } from './state-machine/deployed-definition.ts';
import {
  type ExecutionHandle,
  type ExecutionOptions,
  startExecution,
} from './state-machine/run.ts';
import { withTimeLimit } from './state-machine/time-limit.ts';

export interface PipelineOptions {
  /** The buckets that may be read, as sources without filters. */
  readonly buckets: readonly string[];
  /** Whether the requester pays for reading them. */
  readonly requestPayer?: boolean | undefined;
  /** What the functions find in their environment, beside what the template sets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Parts that a local run puts in place of Lambda's, such as its clock and its log. */
  readonly given?: Partial<Ports> | undefined;
  readonly timeFactor?: number | undefined;
  /** How long one call of SendChunks may take, in place of what the template says. */
  readonly sendTimeoutSeconds?: number | undefined;
}

/** The pipeline as it deploys, in this process: the synthesized definition over the real handlers. */
export interface Pipeline {
  readonly machine: LocalStateMachine;
  start(input: unknown, options?: Partial<ExecutionOptions>): ExecutionHandle;
  /** How an execution of this pipeline stands; undefined for one it did not start. */
  statusOf(executionArn: string): ReturnType<ExecutionHandle['status']> | undefined;
  /** Forgets what was given and closes idle sockets. */
  close(): Promise<void>;
}

/**
 * Makes the state machine of the stack ready to run here. The environment is this
 * process's own, so one process holds one pipeline at a time.
 */
export function openPipeline(options: PipelineOptions): Pipeline {
  const deployed = deployedDefinition();
  const { sendTimeoutSeconds } = options;
  const machine = sendTimeoutSeconds
    ? withTimeLimit(deployed, 'SendChunks', sendTimeoutSeconds)
    : deployed;
  Object.assign(process.env, plainEnvironment(machine), options.environment, {
    [environmentKeys.sources]: sourcesOf(options),
  });
  // What is measured goes to CloudWatch through the log; here it would only be noise.
  give({ meter: { add: () => {} }, starter: starterOf(() => pipeline), ...options.given });
  const clock = options.given?.clock;
  const started = new Map<string, ExecutionHandle>();
  const pipeline: Pipeline = {
    machine,
    start(input, more = {}) {
      const execution = startExecution({
        machine,
        handlers,
        input,
        timeFactor: options.timeFactor,
        ...(clock && { sleep: (milliseconds) => clock.sleep(milliseconds) }),
        ...more,
      });
      started.set(execution.executionArn, execution);
      return execution;
    },
    statusOf: (executionArn) => started.get(executionArn)?.status(),
    async close() {
      give({});
      await closeHttp();
    },
  };
  return pipeline;
}

/** Starts queued transfers in this process, as Step Functions does by their names. */
function starterOf(pipeline: () => Pipeline): ExecutionStarter {
  return {
    start: async ({ stateMachineArn, name, input }) => {
      const status = pipeline().statusOf(executionArnOf(stateMachineArn, name));
      if (status !== undefined) return status === 'RUNNING' ? 'started' : 'exists';
      pipeline().start(input, { name });
      return 'started';
    },
  };
}

function sourcesOf({ buckets, requestPayer }: PipelineOptions): string {
  const list = buckets.map((bucket) => ({ bucket, requestPayer }));
  const sources: Sources = { list, readers: {} };
  return JSON.stringify(sources);
}

/** What the template sets in the open; references to other resources exist only once deployed. */
function plainEnvironment({ functions }: LocalStateMachine): Record<string, string> {
  const environment = [...functions.values()].flatMap((one) => Object.entries(one.environment));
  return Object.fromEntries(environment.filter(([key]) => key !== 'NODE_OPTIONS'));
}
