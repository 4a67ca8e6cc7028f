import type { Context } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { type Container, createContainer } from '#functions/runtime/container.ts';
import { createStepHandler } from '#functions/runtime/handler.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { Needs } from '#src/step-support/step.ts';

let out: MockInstance<typeof process.stdout.write>;
let container: Container;

beforeEach(() => {
  container = createContainer(process.env);
  out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockImplementation(process.stdout.write);
});

afterEach(() => vi.restoreAllMocks());

type Line = Readonly<Record<string, unknown>>;

function lines(): Line[] {
  const text = out.mock.calls.map(([chunk]) => String(chunk)).join('');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

const context = {
  functionName: 'ferry-SendChunks',
  awsRequestId: 'request-1',
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:ferry-SendChunks:3',
  memoryLimitInMB: '1024',
  getRemainingTimeInMillis: () => 20_000,
} as Context;

const payload = { executionId: 'execution-a', state: { transferId: 'transfer-1' } };

/** Calls a step that runs this function. */
function call(run: (ports: Needs) => void, event: unknown = payload) {
  const step = async (ports: Needs) => {
    run(ports);
    return { next: 'sent' } as const;
  };
  return createStepHandler('SendChunks', step, {})(container)(event, context);
}

const failing = ({ meter }: Needs) => {
  meter.add('BytesSent', 5);
  throw new TransferError('SourceNotFoundError', 'no object film.mp4 in bucket films');
};

describe('a log line', () => {
  it("has step, transfer, request, and Powertools' fields about the function", async () => {
    await call(({ log }) => log.info('chunk not sent', { chunkIndex: 7 }));
    expect(lines()).toMatchObject([
      {
        level: 'INFO',
        message: 'chunk not sent',
        service: 'chunkferry',
        step: 'SendChunks',
        transferId: 'transfer-1',
        requestId: 'request-1',
        chunkIndex: 7,
        cold_start: false,
        function_name: 'ferry-SendChunks',
        function_request_id: 'request-1',
      },
    ]);
  });

  it.each([
    ['the state', { state: { transferId: 't', bucket: 'films', key: 'a.mp4' } }],
    ['the pinned object', { state: { source: { bucket: 'films', key: 'a.mp4' } } }],
    [
      'the input, if the state is an error',
      { state: { error: {} }, input: { bucket: 'films', key: 'a.mp4' } },
    ],
    ['an event', { state: { detail: { bucket: { name: 'films' }, object: { key: 'a.mp4' } } } }],
  ])('N17: has bucket, key and execution from %s', async (_, fields) => {
    await call(({ log }) => log.info('line'), { executionId: 'execution-a', ...fields });
    const subject = { bucket: 'films', key: 'a.mp4', execution: 'execution-a' };
    expect(lines()[0]).toMatchObject(subject);
  });

  it.each([[null], [7], [{ bucket: 7, key: {} }], [{ bucket: 'films', key: 'k'.repeat(2000) }]])(
    'has no object if the state has none: %j',
    async (state) => {
      await call(({ log }) => log.info('line'), { executionId: 'execution-a', state });
      expect(lines()[0]).not.toHaveProperty('key');
    },
  );

  it('does not have the transfer of the previous call', async () => {
    await call(() => {});
    await call(({ log }) => log.info('line'), { executionId: 'execution-b', state: {} });
    expect(lines()).toHaveLength(1);
    expect(lines()[0]).not.toHaveProperty('transferId');
  });

  it('of a failure has its name, its reason and the next step', async () => {
    await expect(call(failing)).rejects.toThrow('no object film.mp4');
    expect(lines()[0]).toMatchObject({
      level: 'ERROR',
      message: 'step failed',
      step: 'SendChunks',
      transferId: 'transfer-1',
      error: 'SourceNotFoundError',
      reason: 'no object film.mp4 in bucket films',
      nextStep: expect.stringContaining('Check bucket, key and versionId'),
    });
  });
});

describe('the measurements of a call', () => {
  it('are printed when the call ends', async () => {
    await call(({ meter }) => meter.add('BytesSent', 5));
    expect(lines()).toMatchObject([{ service: 'chunkferry', BytesSent: 5 }]);
  });

  it('are printed when the call fails', async () => {
    await expect(call(failing)).rejects.toThrow();
    expect(lines()[1]).toMatchObject({ service: 'chunkferry', BytesSent: 5 });
  });

  it('are printed once', async () => {
    await call(({ meter }) => meter.add('BytesSent', 5));
    const printed = lines().length;
    await call(() => {});
    expect(lines()).toHaveLength(printed);
  });

  it('go to an overriding meter, and nothing is printed', async () => {
    const added: unknown[] = [];
    container = createContainer(process.env, {
      meter: { add: (...args) => void added.push(args) },
    });
    await call(({ meter }) => meter.add('BytesSent', 5));
    expect(added).toEqual([['BytesSent', 5]]);
    expect(lines()).toEqual([]);
  });
});

describe('a payload', () => {
  it.each(['2026-11-21T12:00:00.000Z', 'no time', '', undefined])(
    'with the start %j gives the step a time, however unreadable it is',
    async (startedAt) => {
      const times: number[] = [];
      const step = async (_: object, __: unknown, invocation: { executionStartedAt: number }) => {
        times.push(invocation.executionStartedAt);
        return { next: 'sent' } as const;
      };
      await createStepHandler('SendChunks', step, {})(container)(
        { ...payload, startedAt },
        context,
      );
      expect(times).toEqual([expect.closeTo(Date.parse(startedAt ?? '') || Date.now(), -4)]);
    },
  );

  it.each([null, 7, {}, { state: {} }])('%j is rejected with a named error', async (event) => {
    await expect(call(() => {}, event)).rejects.toMatchObject({ name: 'InvalidInputError' });
  });
});
