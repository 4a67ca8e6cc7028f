import { describe, expect, it } from 'vitest';
import { platformErrorNames } from '#infra/state-machine/retry-policy.ts';
import { errorNames, isErrorName } from '#src/core/errors/error-lookup.ts';
import { stepNames } from '#src/core/shared-with-infra/step-names.ts';
import {
  allStates,
  definition,
  functionTasks,
  machine,
  nextOf,
  rangeMachines,
  reachableFrom,
  tasks,
} from '../deployed.ts';

const machines = [
  ['the transfer', definition],
  ...rangeMachines.map((part) => ['one range', part] as const),
] as const;

function endsOf(type: string): string[] {
  return Object.entries(definition.States).flatMap(([name, state]) =>
    state.Type === type ? [name] : [],
  );
}

describe('the definition', () => {
  it('equals the committed file', async () => {
    const text = `${JSON.stringify(definition, null, 2)}\n`;
    await expect(text).toMatchFileSnapshot('__snapshots__/state-machine.asl.json');
  });

  it('has a task for each step, two for ranges in need, one for queued transfers, one for a preflight', () => {
    const all = [
      ...stepNames,
      ...['ContinueRange', 'RecordRangeError', 'StartQueued', 'StartPreflight'],
    ];
    expect(tasks.map(([name]) => name).sort()).toEqual(all.sort());
  });

  it('shows the smallest input in its comment', () => {
    const comment = (definition as unknown as { Comment: string }).Comment;
    const inputs = comment.match(/\{[^}]*\}/g) ?? [];
    expect(inputs.map((input) => Object.keys(JSON.parse(input)))).toEqual([
      ['bucket', 'key'],
      ['preflight'],
    ]);
  });

  it('has no presence test that the local interpreter does not support', () => {
    expect(JSON.stringify(definition)).not.toMatch(/"Is[A-Z][a-zA-Z]*":false/);
  });

  it('uses JSONPath only', () => {
    const text = JSON.stringify(definition);
    expect(text).not.toMatch(/"(QueryLanguage|Assign|Arguments|Output|Items|Condition)":/);
    expect(text).not.toContain('{%');
  });
});

describe('error names', () => {
  const named = allStates.flatMap(([name, state]) => [
    ...[...(state.Retry ?? []), ...(state.Catch ?? [])].flatMap(({ ErrorEquals }) =>
      ErrorEquals.map((error) => [name, error] as const),
    ),
    ...[state.Error, state.Result?.Error].flatMap((error) =>
      error ? [[name, error] as const] : [],
    ),
  ]);

  it('are in the catalogue or in the list of platform errors', () => {
    const known = (error: string) =>
      isErrorName(error) || platformErrorNames.includes(error) || error === 'States.ALL';
    expect(named.filter(([, error]) => !known(error))).toEqual([]);
  });

  it.each(functionTasks)('of the retry class and of the platform are retried by %s', (_, state) => {
    const retried = state.Retry?.flatMap(({ ErrorEquals }) => ErrorEquals);
    expect(new Set(retried)).toEqual(new Set([...platformErrorNames, ...errorNames('retry')]));
  });

  it('of an unavailable table are retried for hours, except where a schedule repeats the work', () => {
    const patient = tasks
      .filter(([, { Retry }]) => (Retry?.[0] as { MaxAttempts?: number })?.MaxAttempts === 144)
      .map(([name]) => name);
    // Three in the Maps, and StartQueued: the dispatcher's schedule repeats its work.
    const brief = ['SendChunks', 'ContinueRange', 'RecordRangeError', 'StartQueued'];
    const outside = functionTasks.map(([name]) => name).filter((name) => !brief.includes(name));
    expect(patient.sort()).toEqual(outside.sort());
  });

  it('States.ALL is caught, never retried', () => {
    const retried = tasks.flatMap(([, { Retry }]) => Retry?.flatMap((retry) => retry.ErrorEquals));
    expect(retried).not.toContain('States.ALL');
  });
});

describe('ways', () => {
  it.each(machines)('of %s lead to existing states', (_, { States }) => {
    const missing = Object.values(States)
      .flatMap(nextOf)
      .filter((next) => !States[next]);
    expect(missing).toEqual([]);
  });

  it.each(machines)('of %s reach every state', (_, part) => {
    expect([...reachableFrom(part.StartAt, part)].sort()).toEqual(Object.keys(part.States).sort());
  });

  it.each(tasks)('of %s catch everything', (_, state) => {
    expect(state.Catch?.at(-1)?.ErrorEquals).toEqual(['States.ALL']);
  });

  it.each(['SendRanges', 'ContinueRanges'])('of the Map %s itself catch everything', (name) => {
    expect(definition.States[name]?.Catch?.at(-1)?.ErrorEquals).toEqual(['States.ALL']);
  });

  it('of every choice have a default', () => {
    const choices = allStates.filter(([, { Type }]) => Type === 'Choice');
    expect(choices.filter(([, { Default }]) => Default === undefined)).toEqual([]);
  });

  it('succeed in one state only', () => {
    expect(endsOf('Succeed')).toEqual(['Ended']);
    expect(Object.values(definition.States).filter(({ End }) => End)).toEqual([]);
  });

  const failing = Object.entries(definition.States).flatMap(([name, state]) => [
    ...(state.Catch ?? []).map(({ Next }) => [name, Next] as const),
    ...(state.Type === 'Choice' && state.Default ? [[name, state.Default] as const] : []),
  ]);

  it.each(failing)('of a failed %s with %s reach a Fail state', (_, target) => {
    const reached = reachableFrom(target, definition);
    expect(endsOf('Fail').some((name) => reached.has(name))).toBe(true);
  });

  it.each(failing)('of a failed %s with %s reach Ended through RecordOutcome only', (_, target) => {
    const { RecordOutcome, ...others } = definition.States;
    expect(RecordOutcome).toBeDefined();
    expect(reachableFrom(target, { ...definition, States: others })).not.toContain('Ended');
  });

  it('never fail inside a Map, where other ranges may still send', () => {
    const states = rangeMachines.flatMap(({ States }) => Object.values(States));
    expect(states.filter(({ Type }) => Type === 'Fail')).toEqual([]);
  });
});

describe('timeouts', () => {
  it.each(functionTasks)(
    'of %s exceed the timeout of its function',
    (_, { Resource, TimeoutSeconds }) => {
      const called = machine.functions.get(String(Resource));
      expect(TimeoutSeconds).toBeGreaterThanOrEqual((called?.timeoutSeconds ?? Number.NaN) + 30);
    },
  );

  it('limit an execution to seven days', () => {
    expect((definition as unknown as { TimeoutSeconds: number }).TimeoutSeconds).toBe(7 * 86_400);
  });
});
