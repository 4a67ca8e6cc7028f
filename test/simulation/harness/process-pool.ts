import { createContainer } from '#functions/runtime/container.ts';
import { createHandler } from '#local/handlers.ts';
import type { LambdaHandler } from '#local/state-machine/lambda/lambda-runtime.ts';
import { type FunctionName, functionNames } from '#src/core/shared-with-infra/step-names.ts';
import type { Ports } from '#src/step-support/step.ts';
import { dispatcher, Sandbox, type SandboxEnvironment } from './sandbox.ts';

/** All processes of all functions. */
export interface ProcessPool {
  /** The handlers; each call runs in a sandbox of its function. */
  readonly handlers: Readonly<Record<string, LambdaHandler>>;
  /** The number of the newest deployment, from 0; new executions get it. */
  version: number;
  /** Kills every sandbox of an execution. */
  killAll(executionId: string): void;
  /** Kills all remaining sandboxes. */
  close(): void;
}

/**
 * Opens a pool of simulated processes. A call takes a warm sandbox of its function and deployment, or
 * starts a new one.
 */
export function openProcessPool(
  environment: SandboxEnvironment,
  portsOf: (sandbox: Sandbox) => Partial<Ports>,
): ProcessPool {
  const all: Sandbox[] = [];
  const idle = new Map<string, Sandbox[]>();
  const dispatcherEnvironment = { ...environment, ...drawsOf(environment) };
  const take = (name: FunctionName, executionId: string): Sandbox => {
    const own = name === dispatcher ? dispatcherEnvironment : environment;
    const version = environment.versionOf?.(executionId) ?? processPool.version;
    const isWarm = own.chance.hits(0.7);
    const warm = isWarm ? idle.get(`${name} ${version}`)?.pop() : undefined;
    if (warm) return warm;
    const sandbox = new Sandbox(name, all.length + 1, own, version);
    sandbox.handler = createHandler(name, createContainer(process.env, portsOf(sandbox)));
    all.push(sandbox);
    return sandbox;
  };
  const release = (sandbox: Sandbox) => {
    sandbox.executionId = '';
    if (!sandbox.isAlive || sandbox.isZombie) return;
    const poolKey = `${sandbox.functionName} ${sandbox.version}`;
    idle.set(poolKey, [...(idle.get(poolKey) ?? []), sandbox]);
  };
  const inSandbox = (name: FunctionName): LambdaHandler => {
    return async (payload: { readonly executionId?: string }, context) => {
      const sandbox = take(name, payload.executionId ?? '');
      sandbox.begin(payload.executionId ?? '');
      const answer = sandbox.handler(payload as never, context) as Promise<unknown>;
      const confirm = () => environment.confirmed(sandbox.completions);
      answer.then(confirm, () => {});
      const work = answer.finally(() => release(sandbox));
      return sandbox.serve(work, context.getRemainingTimeInMillis());
    };
  };
  const processPool: ProcessPool = {
    version: 0,
    handlers: Object.fromEntries(functionNames.map((name) => [name, inSandbox(name)])),
    killAll: (executionId) => {
      for (const sandbox of all)
        if (sandbox.executionId === executionId) sandbox.die('Runtime.ExitError');
    },
    close: () => {
      for (const sandbox of all) sandbox.die('the simulation is over');
    },
  };
  return processPool;
}

/** Returns the dispatcher's own source of draws: its calls do not change other draws. */
export function drawsOf({
  chance,
  faults,
  queueChance,
}: Pick<SandboxEnvironment, 'chance' | 'faults' | 'queueChance'>) {
  if (!queueChance) return { chance, faults };
  return { chance: queueChance, faults: faults.drawnFrom(queueChance) };
}
