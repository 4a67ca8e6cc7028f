import { describe, expect, it } from 'vitest';
import { platformErrorNames } from '#infra/constructs/retry-policy.ts';
import { errorNames, isErrorName } from '#src/core/errors/errors.ts';
import { functionNames, stepNames } from '#src/core/stack/step-names.ts';
import {
  allStates,
  definition,
  machine,
  nextOf,
  rangeMachine,
  reachableFrom,
  tasks,
} from '../deployed.ts';

const machines = [
  ['the transfer', definition],
  ['one range', rangeMachine],
] as const;

function endsOf(type: string): string[] {
  return Object.entries(definition.States).flatMap(([name, state]) =>
    state.Type === type ? [name] : [],
  );
}

describe('the definition', () => {
  it('is the committed one', async () => {
    const text = `${JSON.stringify(definition, null, 2)}\n`;
    await expect(text).toMatchFileSnapshot('__snapshots__/state-machine.asl.json');
  });

  it('has a task for each step, one that starts queued transfers, and one that asks each function but the last what it can reach', () => {
    const checked = functionNames.filter((name) => name !== 'RecordOutcome');
    const checks = checked.map((name) => `Check${name}`);
    const all = [...stepNames, 'StartQueued', ...checks];
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

  it('holds no presence test that the local interpreter would get wrong', () => {
    expect(JSON.stringify(definition)).not.toMatch(/"Is[A-Z][a-zA-Z]*":false/);
  });

  it('speaks JSONPath only', () => {
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

  it('are ours, or stand in the list of platform names', () => {
    const known = (error: string) =>
      isErrorName(error) || platformErrorNames.includes(error) || error === 'States.ALL';
    expect(named.filter(([, error]) => !known(error))).toEqual([]);
  });

  it.each(tasks)('of the retry class and the platform are all retried by %s', (_, state) => {
    const retried = state.Retry?.flatMap(({ ErrorEquals }) => ErrorEquals);
    expect(new Set(retried)).toEqual(new Set([...platformErrorNames, ...errorNames('retry')]));
  });

  it('of a table that can’t be reached are retried for hours where nothing else repeats the work', () => {
    const patient = tasks
      .filter(([, { Retry }]) => (Retry?.[0] as { MaxAttempts?: number })?.MaxAttempts === 144)
      .map(([name]) => name);
    // Two in the map, and StartQueued: the dispatcher's schedule does its work again.
    const brief = ['SendChunks', 'ReportProofs', 'StartQueued'];
    const outside = tasks.map(([name]) => name).filter((name) => !brief.includes(name));
    expect(patient.sort()).toEqual(outside.sort());
  });

  it('States.ALL is caught, never retried', () => {
    const retried = tasks.flatMap(([, { Retry }]) => Retry?.flatMap((retry) => retry.ErrorEquals));
    expect(retried).not.toContain('States.ALL');
  });
});

describe('ways', () => {
  it.each(machines)('of %s lead to states that exist', (_, { States }) => {
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

  it('of the map itself catch everything', () => {
    expect(definition.States.SendRanges?.Catch?.at(-1)?.ErrorEquals).toEqual(['States.ALL']);
  });

  it('of every choice have a default', () => {
    const choices = allStates.filter(([, { Type }]) => Type === 'Choice');
    expect(choices.filter(([, { Default }]) => Default === undefined)).toEqual([]);
  });

  it('end the transfer green in one state only', () => {
    expect(endsOf('Succeed')).toEqual(['Ended']);
    expect(Object.values(definition.States).filter(({ End }) => End)).toEqual([]);
  });

  const failing = Object.entries(definition.States).flatMap(([name, state]) => [
    ...(state.Catch ?? []).map(({ Next }) => [name, Next] as const),
    ...(state.Type === 'Choice' && state.Default ? [[name, state.Default] as const] : []),
  ]);

  it.each(failing)('that fail in %s by %s reach a Fail state', (_, target) => {
    const reached = reachableFrom(target, definition);
    expect(endsOf('Fail').some((name) => reached.has(name))).toBe(true);
  });

  it.each(failing)('that fail in %s by %s reach Ended through RecordOutcome alone', (_, target) => {
    const { RecordOutcome, ...others } = definition.States;
    expect(RecordOutcome).toBeDefined();
    expect(reachableFrom(target, { ...definition, States: others })).not.toContain('Ended');
  });

  it('never fail inside the map, where a failure would leave the other ranges sending', () => {
    expect(Object.values(rangeMachine.States).filter(({ Type }) => Type === 'Fail')).toEqual([]);
  });
});

describe('timeouts', () => {
  it.each(tasks)('of %s outlast its function', (_, { Resource, TimeoutSeconds }) => {
    const called = machine.functions.get(String(Resource));
    expect(TimeoutSeconds).toBeGreaterThanOrEqual((called?.timeoutSeconds ?? Number.NaN) + 30);
  });

  it('bound the whole execution to seven days', () => {
    expect((definition as unknown as { TimeoutSeconds: number }).TimeoutSeconds).toBe(7 * 86_400);
  });
});
