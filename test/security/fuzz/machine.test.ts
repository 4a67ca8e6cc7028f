import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContainer } from '#functions/runtime/container.ts';
import { createHandlers } from '#local/handlers.ts';
import type { LocalStateMachine } from '#local/state-machine/definition/definition.ts';
import { type ExecutionResult, startExecution } from '#local/state-machine/run.ts';
import { isErrorName } from '#src/core/errors/error-lookup.ts';
import { deployedMachine } from '../../harness/machine.ts';
import { bucket, inputOf, openWireHarness, type WireHarness } from '../../harness/wire-harness.ts';
import { eventOf, events, plainInputs } from './inputs/starts.ts';
import { budget } from './support/budget.ts';
import { fuzz } from './support/fuzz.ts';
import { openHandlerHarness } from './support/handler-harness.ts';

let machine: LocalStateMachine;
beforeAll(async () => {
  machine = deployedMachine();
});

/** Whether Step Functions accepts an input: JSON of at most 256 KiB (Step Functions quotas, 2026). */
function isAcceptable(input: unknown): boolean {
  if (!input || isDeep(input)) return false;
  return Buffer.byteLength(JSON.stringify(input)) <= 256 * 1024;
}

/** Maximum depth for the interpreter. The handlers alone are also tested with deeper inputs. */
const maxDepth = 500;

function isDeep(input: unknown): boolean {
  let level: unknown[] = [input];
  for (let depth = 0; depth < maxDepth && level.length > 0; depth++) {
    level = level.flatMap((one) => (typeof one === 'object' && one ? Object.values(one) : []));
  }
  return level.length > 0;
}

/** Returns the error name; throws for names of Step Functions and for UnexpectedError. */
function nameOf({ status, error = '', cause }: ExecutionResult): string | undefined {
  if (status === 'SUCCEEDED') return undefined;
  const isNamed = status === 'FAILED' && isErrorName(error) && error !== 'UnexpectedError';
  if (!isNamed) throw new Error(`${status} ${error}: ${cause?.slice(0, 500)}`);
  expect(cause).toMatch(/\S/);
  return error;
}

async function execute(input: unknown): Promise<string | undefined> {
  const harness = await openHandlerHarness();
  const handlers = createHandlers(createContainer(process.env, harness.ports));
  const sleep = async (ms: number) => harness.clock.advance(ms);
  const execution = startExecution({ machine, handlers, input, sleep, timeFactor: 10_000 });
  const name = nameOf(await execution.result);
  await execution.idle();
  const opened = harness.service.sessions().length;
  expect(opened).toBe(name === undefined ? harness.service.assets().length : 0);
  return name;
}

describe('all kinds of bad inputs', () => {
  it('are more than 10,000 in total', () => {
    const counts = Object.values(budget).map(({ runs }) => runs);
    expect(counts.reduce((sum, runs) => sum + runs, 0)).toBeGreaterThan(10_000);
  });
});

describe('an execution with a bad input', () => {
  it('succeeds or fails with a catalogue error', async () => {
    const inputs = fc.oneof(events, plainInputs).filter(isAcceptable);
    await fuzz('whole executions', inputs, execute);
  });
});

describe('an execution over a table with the limits of DynamoDB', () => {
  let harness: WireHarness;
  beforeAll(async () => {
    harness = await openWireHarness({ table: 'dynamodb' });
  });
  afterAll(() => harness.close());

  const long = 'k'.repeat(120_000);
  it.each([
    ['a key of 120,000 bytes', { bucket, key: long }],
    ['a key of 250,000 bytes', { bucket, key: long + long }],
    ['an event of such a key', eventOf({ bucket, key: long + long })],
    ['a bucket of such a name', { bucket: long, key: long }],
    ['a field of such a name', { bucket, key: 'a.mp4', [long + long]: 1 }],
    ['15,000 unknown fields', { bucket, key: 'a.mp4', ...manyFields(15_000) }],
    ['metadata nested 400 deep', { bucket, key: 'a.mp4', userMetadata: { a: nestedText(400) } }],
    ['a key of a lone surrogate', { bucket, key: '\ud800.mp4' }],
    ['an event of a lone surrogate', eventOf({ bucket, key: 'x\udfff.mp4' })],
    ['a version of a lone surrogate', { bucket, key: 'a.mp4', versionId: '\ud800' }],
    ['no object', ['films']],
    ['text', 'films/film.mp4'],
  ])('is rejected as invalid input and recorded: %s', async (_, input) => {
    const result = await harness.run(input);
    expect(result).toMatchObject({ status: 'FAILED', error: 'InvalidInputError' });
    expect(Buffer.byteLength(result.cause ?? '')).toBeLessThan(32_768);
    const rows = await harness.rows();
    const [row] = rows.filter(({ owner }) => owner === result.executionArn);
    expect(row).toMatchObject({ state: 'rejected', outcomePublished: true });
    expect(harness.service.calls.count('create')).toBe(0);
  });

  it('transfers an object after all of these inputs', async () => {
    const film = harness.put(2);
    expect(await harness.run(inputOf(film))).toMatchObject({ status: 'SUCCEEDED' });
  });
});

function manyFields(count: number): object {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, i]));
}

function nestedText(depth: number): unknown {
  return JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
}
