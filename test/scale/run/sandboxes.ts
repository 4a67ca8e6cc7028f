import { createContainer } from '#functions/runtime/container.ts';
import { createHandler } from '#local/handlers.ts';
import type { LocalStateMachine } from '#local/state-machine/definition/definition.ts';
import type { LocalFunction } from '#local/state-machine/definition/template.ts';
import { lambdaContext } from '#local/state-machine/lambda/lambda-context.ts';
import type { LambdaHandler } from '#local/state-machine/lambda/lambda-runtime.ts';
import { readSettings } from '#src/config/environment.ts';
import type { FunctionName } from '#src/core/shared-with-infra/step-names.ts';
import type { Ports } from '#src/step-support/step.ts';
import { createCallLimiter } from '#src/throttling/call-limiter.ts';
import { createThrottledDestination } from '#src/throttling/throttled-destination.ts';
import { createThrottledSource } from '#src/throttling/throttled-source.ts';
import { deployedFunctions } from '../../harness/deployed-functions.ts';
import { assumptions } from '../model/assumptions.ts';
import { Link } from '../model/link.ts';
import { type LoadContext, passTime } from '../model/load-context.ts';
import { bucket } from '../model/objects.ts';
import type { ModelService } from '../model/service.ts';
import { modelSource } from '../model/source.ts';
import type { ModelTable } from '../model/table.ts';

/** What the sandboxes of all functions share. */
export interface SandboxParts {
  readonly context: LoadContext;
  readonly machine: LocalStateMachine;
  readonly table: ModelTable;
  readonly service: ModelService;
  readonly shared: Pick<Ports, 'events' | 'executions' | 'starter'>;
  /** Replaces the deployed `maxActiveTransfers`. Each slot keeps its share of the senders. */
  readonly slots?: number | undefined;
}

/** One process of a function: a handler with a limiter, a concurrency control and a connection of its own. */
interface Sandbox {
  readonly handler: LambdaHandler;
}

const quiet = () => {};
const log = { info: quiet, warn: quiet, error: quiet };

/** Lambda: a call takes a warm sandbox of its function, or starts one. */
export class Sandboxes {
  readonly #parts: SandboxParts;
  readonly #warm = new Map<string, Sandbox[]>();
  readonly #functions: ReadonlyMap<string, LocalFunction>;
  readonly #settings: Ports['settings'];
  #calls = 0;

  constructor(parts: SandboxParts) {
    this.#parts = parts;
    this.#functions = deployedFunctions(parts.machine);
    this.#settings = settingsOf(this.#functions, parts.slots);
  }

  get settings(): Ports['settings'] {
    return this.#settings;
  }

  /** Calls a function. Its result goes through JSON, as Lambda's does. */
  async invoke(arn: string, payload: unknown): Promise<unknown> {
    const { context } = this.#parts;
    const called = this.#functions.get(arn);
    if (!called) throw new Error(`the stack has no function ${arn}`);
    const { sends } = context.peaks;
    const isSend = called.name === 'SendChunks';
    if (isSend) sends.change(1);
    await passTime(context, assumptions.invokeMs);
    const result = await this.#run(called, arn, payload);
    if (isSend) sends.change(-1);
    const text = JSON.stringify(result) ?? 'null';
    context.peaks.payloadBytes.set(text.length);
    return JSON.parse(text);
  }

  async #run(called: LocalFunction, arn: string, payload: unknown): Promise<unknown> {
    const { clock, tally } = this.#parts.context;
    const { name, memoryMib } = called;
    const idle = this.#warm.get(name) ?? [];
    this.#warm.set(name, idle);
    const sandbox = idle.pop() ?? this.#open(name as FunctionName);
    const startedAt = clock.now();
    const lambda = lambdaContext(called, arn, `call-${++this.#calls}`, () => clock.now());
    const result = await sandbox.handler(payload as never, lambda);
    idle.push(sandbox);
    tally.invocations.add(name);
    tally.gbSeconds.add(name, ((clock.now() - startedAt) / 1000) * (memoryMib / 1024));
    return result;
  }

  #open(name: FunctionName): Sandbox {
    const { context, table, service, shared } = this.#parts;
    const { clock, random } = context;
    const common = { clock, random, log, meter: { add: quiet } };
    const { store, queue } = table;
    const limiter = createCallLimiter({ ...common, store: () => queue });
    const destination = service.destinationOf(new Link(context));
    const overrides: Partial<Ports> = {
      ...{ ...common, ...shared, store, queue, settings: this.#settings },
      source: createThrottledSource(modelSource(context), limiter),
      destination: createThrottledDestination(destination, limiter),
    };
    return { handler: createHandler(name, createContainer({}, overrides)) };
  }
}

/** Returns the settings that the deployed functions read. */
function settingsOf(
  functions: ReadonlyMap<string, LocalFunction>,
  slots: number | undefined,
): Ports['settings'] {
  const environment = [...functions.values()].map((deployed) => deployed.environment);
  const settings = readSettings(Object.assign({}, ...environment));
  const { maxActiveTransfers, maxSendConcurrency } = settings;
  const active = slots ?? maxActiveTransfers;
  return {
    ...settings,
    maxActiveTransfers: active,
    maxSendConcurrency: Math.floor((maxSendConcurrency / maxActiveTransfers) * active),
    sources: { list: [{ bucket }], readers: {} },
  };
}
