import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dispatchSeconds } from '#src/core/limits/limits.ts';
import { definition, machine, type State } from '../deployed.ts';

/** Returns a state of the transfer's definition. */
function state(name: string): State & Readonly<Record<string, unknown>> {
  const found = definition.States[name];
  if (found) return found as State & Readonly<Record<string, unknown>>;
  throw new Error(`there is no state ${name}`);
}

describe('StartQueued', () => {
  const start = state('StartQueued');

  it('runs after the upload is confirmed, before the wait for the asset', () => {
    const leading = Object.entries(definition.States).filter(([, { Choices, Next }]) =>
      [Next, ...(Choices ?? []).map((choice) => choice.Next)].includes('StartQueued'),
    );
    expect(leading.map(([name]) => name)).toEqual(['IsUploadConfirmed']);
    expect(start.Next).toBe('AwaitAsset');
  });

  it('runs only if transfers are queued', () => {
    const nextAfter = (answer: string) =>
      state('IsUploadConfirmed').Choices?.find(({ StringEquals }) => StringEquals === answer)?.Next;
    expect(nextAfter('dispatch')).toBe('StartQueued');
    expect(nextAfter('asset')).toBe('AwaitAsset');
  });

  it('catches everything and continues with unchanged data', () => {
    expect(start.Catch).toEqual([
      { ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'AwaitAsset' },
    ]);
    expect(start.ResultPath).toBeNull();
  });

  it('passes only the state machine to the dispatcher', () => {
    expect(start.Parameters).toEqual({ 'stateMachineArn.$': '$$.StateMachine.Id' });
  });

  it('calls the latest dispatcher, not a version', () => {
    const called = machine.functions.get(String(start.Resource));
    expect(String(start.Resource)).toContain('Dispatch');
    expect(called?.timeoutSeconds).toBe(50);
  });

  it('ends its retries within minutes: the schedule calls the dispatcher each minute', () => {
    const retries = (start.Retry ?? []) as unknown as { MaxAttempts: number }[];
    expect(Math.max(...retries.map(({ MaxAttempts }) => MaxAttempts))).toBeLessThanOrEqual(10);
  });
});

describe('a start', () => {
  it('of every kind leads to InspectSource: no state asks for its kind', () => {
    expect(definition.StartAt).toBe('InspectSource');
    const started = state('IsAccepted').Choices?.find(
      ({ StringEquals }) => StringEquals === 'preflight',
    );
    expect(started?.Next).toBe('StartPreflight');
  });
});

/** The states that an execution enters, by what each step answers as `next`. */
function entered(answers: readonly string[]): string[] {
  const left = [...answers];
  const names: string[] = [];
  for (let name: string | undefined = definition.StartAt; name !== undefined; ) {
    names.push(name);
    const { Choices, Next, Type } = state(name);
    const answer: string | undefined = Type === 'Choice' ? left.shift() : undefined;
    name =
      Choices?.find(({ StringEquals }) => StringEquals === answer)?.Next ??
      (Type === 'Choice' ? state(name).Default : Next);
  }
  expect(left).toEqual([]);
  return names;
}

const toReady = ['send', 'asset', 'ended', 'succeed'];

describe('docs/performance.md names the cost of a transfer:', () => {
  const page = readFileSync(new URL('../../../docs/performance.md', import.meta.url), 'utf8');
  const said = (what: string) =>
    Number(new RegExp(`^\\| ${what}.* \\| (\\d+) \\|$`, 'm').exec(page)?.[1]);
  const ofRange = ['SendChunks'];
  const atOnce = entered(['open', ...toReady]);

  it('one range, and an asset that is ready at the first check', () => {
    expect(atOnce).toContain('SendRanges');
    expect(said('a transfer of one range')).toBe(atOnce.length + ofRange.length);
    expect(said('each further range')).toBe(ofRange.length);
  });

  it('a further check of the asset', () => {
    const checks = entered(['open', 'send', 'asset', 'wait', 'ended', 'succeed']);
    expect(said('each further check')).toBe(checks.length - atOnce.length);
  });

  it('the queue, however long it takes, and the start of the next transfer', () => {
    const queued = entered(['open', 'ended', 'succeed']);
    expect(said('waiting in the queue')).toBe(queued.length);
    const starting = entered(['open', 'send', 'dispatch', 'ended', 'succeed']);
    expect(said('the end of an upload')).toBe(starting.length - atOnce.length);
  });

  it('the calls of the dispatcher in a month', () => {
    expect(page).toContain(
      `${((30 * 86_400) / dispatchSeconds).toLocaleString('en-US')} times in 30 days`,
    );
  });
});

describe('a queued transfer', () => {
  it('needs no Wait state: OpenSession ends, and RecordOutcome reports it', () => {
    const choices = state('ChooseNextStep').Choices ?? [];
    expect(choices.find(({ StringEquals }) => StringEquals === 'ended')?.Next).toBe(
      'RecordOutcome',
    );
  });
});
