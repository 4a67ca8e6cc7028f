import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import type { Handlers } from '#local/handlers.ts';
import type { Pipeline } from '#local/pipeline.ts';
import { lambdaContext } from '#local/state-machine/lambda/lambda-context.ts';
import { functionNames } from '#src/core/shared-with-infra/step-names.ts';

/** The calls of one function. */
export interface CallTally {
  readonly name: string;
  readonly memoryMib: number;
  readonly count: number;
}

export interface CountedCalls {
  /** The handlers of the pipeline, counted. Without a context, a call gets one of its function. */
  readonly handlers: Handlers;
  tally(): CallTally[];
}

/** Counts the calls of a pipeline's functions. `afterCall` runs at the end of each call. */
export function countCalls(pipeline: Pipeline, afterCall: () => void): CountedCalls {
  const tallies = new Map<string, number>();
  const deployed = new Map([...pipeline.machine.functions.values()].map((one) => [one.name, one]));
  const contextOf = (name: string): Context => {
    const called = deployed.get(name);
    if (!called) throw new Error(`the definition does not call ${name}`);
    const arn = `arn:aws:lambda:us-east-1:000000000000:function:${called.logicalId}`;
    return lambdaContext(called, arn, randomUUID(), Date.now);
  };
  const entries = functionNames.map((name) => {
    const counted = async (event: unknown, context: Context | undefined) => {
      try {
        return await pipeline.handlers[name](event as never, context ?? contextOf(name));
      } finally {
        afterCall();
        tallies.set(name, (tallies.get(name) ?? 0) + 1);
      }
    };
    return [name, counted];
  });
  return {
    handlers: Object.fromEntries(entries) as Handlers,
    tally: () =>
      [...tallies].map(([name, count]) => ({
        name,
        memoryMib: deployed.get(name)?.memoryMib ?? 0,
        count,
      })),
  };
}
