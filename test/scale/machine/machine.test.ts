import { describe, expect, it } from 'vitest';
import { deployedDefinition } from '#local/state-machine/definition/deployed-definition.ts';
import { allStates } from '#local/state-machine/definition/states.ts';
import { startExecution } from '#local/state-machine/run.ts';
import { deployedFunctions } from '../../harness/deployed-functions.ts';
import { compileMachine } from './machine.ts';

const machine = deployedDefinition();
const owned = { transferId: 'transfer', bucket: 'films', key: 'a.mp4', fence: 1, sessionNumber: 1 };
const ranges = [1, 2, 3].map((n) => ({ n, first: n, last: n }));
const planned = { ...fieldsOfMap(), ...owned, ranges, waitSeconds: 0 };
const noWait = { waitSeconds: 0 };

/** Returns the fields of the plan that the Map reads, by their names in the definition. */
function fieldsOfMap(): Record<string, number> {
  const maps = allStates(machine.definition).filter(({ state }) => state.Type === 'Map');
  const paths = JSON.stringify(maps.map(({ state }) => ({ ...state, ItemProcessor: undefined })));
  return Object.fromEntries([...paths.matchAll(/"\$\.(\w+)"/g)].map(([, name]) => [name, 2]));
}

/** The answers of each function, in order; the last one repeats. */
type Answers = Readonly<Record<string, readonly object[]>>;

const ready: Answers = {
  InspectSource: [{ source: 'pinned', next: 'open', ...noWait }],
  OpenSession: [{ ...planned, next: 'send' }],
  SendChunks: [
    { next: 'more', ...noWait },
    { next: 'sent', ...noWait },
  ],
  ConfirmUpload: [
    { ...owned, next: 'wait', ...noWait },
    { ...owned, next: 'asset', ...noWait },
  ],
  Dispatch: [{ started: 0 }],
  AwaitAsset: [
    { ...owned, next: 'wait', ...noWait },
    { ...owned, next: 'ended', ending: { status: 'ready' }, ...noWait },
  ],
  RecordOutcome: [{ next: 'succeed', output: { status: 'ready' } }],
};

const queued: Answers = { ...ready, OpenSession: [{ next: 'ended', ending: {}, ...noWait }] };
const unknown: Answers = { ...ready, OpenSession: [{ next: 'new', ...noWait }] };
const event = { source: 'aws.s3', detail: { bucket: { name: 'films' }, object: { key: 'a.mp4' } } };
const dispatched = { dispatched: { transferId: 'transfer', fence: 1 }, bucket: 'films', key: 'a' };

/** Answers by script, and records what each function is called with. */
function scripted(answers: Answers) {
  const calls: string[] = [];
  const made = new Map<string, number>();
  return {
    calls,
    answer(name: string, payload: object): object | undefined {
      const { startedAt: _, executionId: __, ...known } = payload as Record<string, unknown>;
      calls.push(`${name} ${JSON.stringify(known)}`);
      const count = made.get(name) ?? 0;
      made.set(name, count + 1);
      return answers[name]?.[count] ?? answers[name]?.at(-1);
    },
  };
}

async function interpreted(answers: Answers, input: object) {
  const script = scripted(answers);
  const names = [...deployedFunctions(machine).values()].map(({ name }) => name);
  const handlers = names.map((name) => [
    name,
    async (payload: object) => script.answer(name, payload),
  ]);
  const run = startExecution({ machine, handlers: Object.fromEntries(handlers), input });
  const { output, entered, transitions } = await run.result;
  return { output, entered, transitions, calls: script.calls.sort() };
}

async function compiled(answers: Answers, input: object) {
  const script = scripted(answers);
  const entered: Record<string, number> = {};
  const context = {
    Execution: { Id: 'id', StartTime: '2026-11-28T00:00:00Z', Input: input },
    StateMachine: { Id: 'arn:aws:states:local:000000000000:stateMachine:machine' },
  };
  const output = await compileMachine(machine)(context, input, {
    entered: (state) => {
      entered[state] = (entered[state] ?? 0) + 1;
    },
    invoke: async (arn, payload) =>
      script.answer(machine.functions.get(arn)?.name ?? '', payload as object),
    sleep: async () => {},
    iterating: (_, running, allowed) => expect(running).toBeLessThanOrEqual(allowed),
  });
  const transitions = Object.values(entered).reduce((sum, count) => sum + count, 0);
  return { output, entered, transitions, calls: script.calls.sort() };
}

describe('the compiled definition', () => {
  it.each([
    ['an object that becomes ready', ready, event],
    ['a dispatched transfer that becomes ready', ready, dispatched],
    ['an object that is queued', queued, event],
    ['an answer that the definition does not know', unknown, event],
  ])('runs the states and calls of the interpreter for %s', async (_, answers, input) => {
    const [own, expected] = [await compiled(answers, input), await interpreted(answers, input)];
    const isArn = (text: string) => text.replace(/"stateMachineArn":"[^"]+"/, '');
    expect({ ...own, calls: own.calls.map(isArn) }).toEqual({
      ...expected,
      calls: expected.calls.map(isArn),
    });
    expect(own.calls.length).toBeGreaterThan(2);
  });
});
