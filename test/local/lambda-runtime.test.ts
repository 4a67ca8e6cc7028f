import type { Context } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createLambdaRuntime,
  type InvocationRecord,
  type LambdaHandler,
  type LambdaRuntimeOptions,
} from '#local/state-machine/lambda/lambda-runtime.ts';
import { createRunEnding } from '#local/state-machine/lambda/run-ending.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { work, workArn } from './machines.ts';

function runtimeOf(handler: LambdaHandler, more: Partial<LambdaRuntimeOptions> = {}) {
  const ending = createRunEnding();
  const runtime = createLambdaRuntime({
    handlers: { Work: handler },
    payloadBytes: 1000,
    ending,
    ...more,
  });
  const invoke = (payload: unknown) => runtime.invoke('State', work, workArn, payload);
  return { ending, invoke, idle: runtime.idle };
}

const thrownBy = (call: Promise<unknown>): Promise<Error> =>
  call.then(
    () => new Error('nothing was thrown'),
    (error) => error,
  );

const causeOf = (error: Error) => JSON.parse(error.message);

describe('calling a handler as Lambda does', () => {
  it('passes a copy: the next attempt has the same payload', async () => {
    const seen: unknown[] = [];
    const { invoke } = runtimeOf((event: { n: number }) => {
      seen.push({ ...event });
      event.n += 1;
    });
    const payload = { n: 1 };
    await invoke(payload);
    await invoke(payload);
    expect(seen).toEqual([{ n: 1 }, { n: 1 }]);
  });

  it('converts the answer to JSON', async () => {
    const { invoke } = runtimeOf(() => ({ at: new Date(0), gone: undefined, not: Number.NaN }));
    expect(await invoke({})).toStrictEqual({ at: '1970-01-01T00:00:00.000Z', not: null });
  });

  it('returns null for undefined', async () => {
    const { invoke } = runtimeOf(() => {});
    expect(await invoke({})).toBeNull();
  });

  it('returns an error with its type as name, and type, message and trace as cause', async () => {
    const { invoke } = runtimeOf(() => {
      throw new TransferError('SourceEmptyError', 'no bytes');
    });
    const error = await thrownBy(invoke({}));
    expect(error.name).toBe('SourceEmptyError');
    expect(causeOf(error)).toEqual({
      errorType: 'SourceEmptyError',
      errorMessage: 'no bytes',
      trace: expect.arrayContaining(['SourceEmptyError: no bytes']),
    });
  });

  it.each([
    ['undefined', undefined, 'handled'],
    ['null', null, 'handled'],
    ['a string', 'no', 'string'],
  ])('reports a thrown %s as an error', async (_name, thrown, errorType) => {
    const { invoke } = runtimeOf(() => Promise.reject(thrown));
    const error = await thrownBy(invoke({}));
    expect(error.name).toBe(errorType);
    expect(causeOf(error)).toMatchObject({ errorType, trace: [] });
  });

  it('gives each invocation its own request id', async () => {
    const { invoke } = runtimeOf((_event: unknown, context: Context) => context.awsRequestId);
    expect(await invoke({})).not.toBe(await invoke({}));
  });

  it('passes name, version and memory of the function', async () => {
    const { invoke } = runtimeOf((_event: unknown, context: Context) => context);
    expect(await invoke({})).toMatchObject({
      functionName: 'Work',
      functionVersion: '1',
      invokedFunctionArn: workArn,
      memoryLimitInMB: '128',
    });
  });

  it('rejects calls after the end of the run', async () => {
    const handler = vi.fn();
    const { invoke, ending } = runtimeOf(handler);
    ending.close();
    await expect(invoke({})).rejects.toMatchObject({ isRetryable: false, isCatchable: false });
    expect(handler).not.toHaveBeenCalled();
  });

  it('rejects a running call when the run ends', async () => {
    const { invoke, ending } = runtimeOf(() => new Promise(() => {}));
    const call = invoke({});
    ending.end({ status: 'ABORTED' });
    await expect(call).rejects.toMatchObject({ isCatchable: false });
  });

  it('passes every ended call to the observer', async () => {
    const records: InvocationRecord[] = [];
    const { invoke } = runtimeOf((event: { n: number }) => event.n, {
      onInvocation: (record) => records.push(record),
    });
    await invoke({ n: 5 });
    expect(records).toEqual([
      { stateName: 'State', functionName: 'Work', attempt: 1, payload: { n: 5 }, result: 5 },
    ]);
  });
});

describe("the service's limit on payloads", () => {
  const large = 'x'.repeat(1000);

  it('ends the run for a larger payload, before the handler is called', async () => {
    const handler = vi.fn();
    const { invoke, ending } = runtimeOf(handler);
    await expect(invoke({ large })).rejects.toMatchObject({ name: 'States.DataLimitExceeded' });
    expect(handler).not.toHaveBeenCalled();
    expect(ending.reason).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });

  it('ends the run for a larger result, without Retry and Catch', async () => {
    const { invoke } = runtimeOf(() => large);
    await expect(invoke({})).rejects.toMatchObject({
      name: 'States.DataLimitExceeded',
      isRetryable: false,
      isCatchable: false,
    });
  });

  it('counts UTF-8 bytes, not characters', async () => {
    const { invoke } = runtimeOf(() => 'é'.repeat(500));
    await expect(invoke({})).rejects.toMatchObject({ name: 'States.DataLimitExceeded' });
  });
});

describe('a killed invocation', () => {
  it('does not call the handler with crash-before', async () => {
    const handler = vi.fn();
    const { invoke } = runtimeOf(handler, {
      faults: ({ attempt }) =>
        attempt === 1 ? { kind: 'crash-before', error: 'Lambda.Unknown' } : undefined,
    });
    await expect(invoke({})).rejects.toMatchObject({ name: 'Lambda.Unknown' });
    expect(handler).not.toHaveBeenCalled();
    await invoke({});
    expect(handler).toHaveBeenCalledTimes(1);
  });

  it('calls the handler and loses the answer with crash-after', async () => {
    const done: string[] = [];
    const { invoke } = runtimeOf(() => done.push('done'), {
      faults: () => ({ kind: 'crash-after', error: 'Runtime.ExitError' }),
    });
    const error = await thrownBy(invoke({}));
    expect(causeOf(error).errorType).toBe('Runtime.ExitError');
    expect(done).toEqual(['done']);
  });
});

describe("the function's timeout", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('counts down the remaining time', async () => {
    const left: number[] = [];
    const { invoke } = runtimeOf(async (_event: unknown, context: Context) => {
      left.push(context.getRemainingTimeInMillis());
      await new Promise((resolve) => setTimeout(resolve, 4_000));
      left.push(context.getRemainingTimeInMillis());
    });
    const call = invoke({});
    await vi.advanceTimersByTimeAsync(4_000);
    await call;
    expect(left).toEqual([30_000, 26_000]);
  });

  it('returns Sandbox.Timedout to the caller while the handler continues', async () => {
    let finished = false;
    const { invoke, idle } = runtimeOf(async () => {
      await new Promise((resolve) => setTimeout(resolve, 40_000));
      finished = true;
    });
    const call = invoke({}).catch((thrown) => thrown);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await call).toMatchObject({ name: 'Sandbox.Timedout' });
    expect(finished).toBe(false);
    const idled = idle();
    await vi.advanceTimersByTimeAsync(10_000);
    await idled;
    expect(finished).toBe(true);
  });
});
