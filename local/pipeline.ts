import { type Container, createContainer } from '#functions/runtime/container.ts';
import type { LocalStateMachine } from '#local/state-machine/definition/definition.ts';
import { deployedDefinition } from '#local/state-machine/definition/deployed-definition.ts';
import type { LambdaHandler } from '#local/state-machine/lambda/lambda-runtime.ts';
import { withTimeLimit } from '#local/state-machine/lambda/time-limit.ts';
import { environmentKeys } from '#src/config/environment-keys.ts';
import type { ExecutionStarter } from '#src/core/ports/executions.ts';
import { executionArnOf } from '#src/core/queue/execution-arn.ts';
import { functionNames } from '#src/core/shared-with-infra/step-names.ts';
import type { MediaType } from '#src/core/source/media-types.ts';
import type { Sources } from '#src/core/source/sources.ts';
import type { Ports } from '#src/step-support/step.ts';
import { createHandlers, type Handlers } from './handlers.ts';
import {
  type ExecutionHandle,
  type ExecutionOptions,
  startExecution,
} from './state-machine/run.ts';

export interface PipelineOptions {
  /** The buckets that may be read, as sources without filters. */
  readonly buckets: readonly string[];
  /** True if the requester pays for reading them. */
  readonly requestPayer?: boolean | undefined;
  /** The media type of every object. Default: by extension and content type. */
  readonly mediaType?: MediaType | undefined;
  /** Environment variables of the functions, besides those of the template. */
  readonly environment: Readonly<Record<string, string>>;
  /** Ports of a local run in place of Lambda's, such as its clock and its log. */
  readonly overrides?: Partial<Ports> | undefined;
  readonly timeFactor?: number | undefined;
  /** The time limit of one call of SendChunks, in place of the template's. */
  readonly sendTimeoutSeconds?: number | undefined;
}

/** The pipeline as it deploys, in this process: the synthesized definition over the real handlers. */
export interface Pipeline {
  readonly machine: LocalStateMachine;
  start(input: unknown, options?: Partial<ExecutionOptions>): ExecutionHandle;
  /** Returns the status of an execution that this pipeline started, else undefined. */
  statusOf(executionArn: string): ReturnType<ExecutionHandle['status']> | undefined;
  /** The overrides that the pipeline opened with. */
  readonly overrides: Partial<Ports>;
  /** The handlers of the functions. They always use the newest container. */
  readonly handlers: Handlers;
  /** Returns the container of the functions: all of them run in this process. */
  container(): Container;
  /** Replaces the container: calls from now on use these overrides and no port of the old one. */
  setOverrides(overrides: Partial<Ports>): void;
  /** Closes idle sockets. */
  close(): Promise<void>;
}

/**
 * Makes the state machine of the stack ready to run here. The SDKs read this process's environment,
 * so a process holds one pipeline at a time.
 */
export function openPipeline(options: PipelineOptions): Pipeline {
  const machine = machineFor(options);
  Object.assign(process.env, plainEnvironment(machine), options.environment, {
    [environmentKeys.sources]: sourcesJson(options),
  });
  const started = new Map<string, ExecutionHandle>();
  // Metrics go to CloudWatch through the log, which a local run shows to the user.
  const overrides: Partial<Ports> = {
    meter: { add: () => {} },
    starter: starterOf(() => pipeline),
    ...options.overrides,
  };
  const sandbox = openSandbox(overrides);
  const { clock } = overrides;
  const pipeline: Pipeline = {
    machine,
    overrides,
    handlers: sandbox.handlers,
    start(input, more = {}) {
      const execution = startExecution({
        machine,
        handlers: sandbox.handlers,
        input,
        timeFactor: options.timeFactor,
        ...(clock && { sleep: (milliseconds) => clock.sleep(milliseconds) }),
        ...more,
      });
      started.set(execution.executionArn, execution);
      return execution;
    },
    statusOf: (executionArn) => started.get(executionArn)?.status(),
    container: sandbox.container,
    setOverrides: sandbox.setOverrides,
    close: sandbox.close,
  };
  return pipeline;
}

function machineFor({ sendTimeoutSeconds }: PipelineOptions): LocalStateMachine {
  const deployed = deployedDefinition();
  return sendTimeoutSeconds ? withTimeLimit(deployed, 'SendChunks', sendTimeoutSeconds) : deployed;
}

/** The one sandbox of all functions. Its handlers always use the newest container. */
function openSandbox(overrides: Partial<Ports>) {
  const containers: Container[] = [];
  let current: { readonly container: Container; readonly handlers: Handlers };
  const setOverrides = (replaced: Partial<Ports>) => {
    const container = createContainer(process.env, replaced);
    containers.push(container);
    current = { container, handlers: createHandlers(container) };
  };
  setOverrides(overrides);
  const entries = functionNames.map((name): [string, LambdaHandler] => [
    name,
    (event, context) => current.handlers[name](event, context),
  ]);
  return {
    handlers: Object.fromEntries(entries) as Handlers,
    container: () => current.container,
    setOverrides,
    async close() {
      await Promise.all(containers.map((container) => container.close()));
    },
  };
}

/** Starts queued transfers in this process. As in Step Functions, a name identifies an execution. */
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

function sourcesJson({ buckets, requestPayer, mediaType }: PipelineOptions): string {
  // Every key ends with the empty suffix.
  const mediaTypes = mediaType && { '': mediaType };
  const list = buckets.map((bucket) => ({ bucket, requestPayer, mediaTypes }));
  const sources: Sources = { list, readers: {} };
  return JSON.stringify(sources);
}

/** Returns the template's plain variables. References to other resources exist only when deployed. */
function plainEnvironment(machine: LocalStateMachine): Record<string, string> {
  const machines = [machine, ...machine.nested.values()];
  const functions = machines.flatMap((one) => [...one.functions.values()]);
  const environment = functions.flatMap((deployed) => Object.entries(deployed.environment));
  return Object.fromEntries(environment.filter(([key]) => key !== 'NODE_OPTIONS'));
}
