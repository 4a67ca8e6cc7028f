import { describe, expect, it } from 'vitest';
import { assertSupported } from '#local/state-machine/definition/allowed-fields.ts';
import { startExecutionResource } from '#local/state-machine/definition/field-rules.ts';
import { machineOf, mapOf, task, workArn } from './machines.ts';

const known = new Set([workArn]);
const end = { Type: 'Succeed' };

function check(states: Record<string, unknown>, more: Record<string, unknown> = {}): void {
  assertSupported(machineOf(states, more).definition, known);
}

const choice = (rule: Record<string, unknown>) => ({
  C: { Type: 'Choice', Choices: [{ ...rule, Next: 'End' }], Default: 'End' },
  End: end,
});

const inMap = (each: Record<string, unknown>) => ({
  M: mapOf({
    ItemProcessor: { StartAt: 'Each', States: { Each: each } },
    End: true,
  }),
});

const catchAll = [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Each' }];
const pass = (fields: Record<string, unknown>) => ({ P: { Type: 'Pass', End: true, ...fields } });
const one = (fields: Record<string, unknown>) => ({ T: task({ End: true, ...fields }) });

describe('a supported definition', () => {
  it('passes with every construct that the state machine uses', () => {
    const states = {
      Inspect: task({
        Parameters: { 'state.$': '$', 'executionId.$': '$$.Execution.Id', fixed: [1, { a: 2 }] },
        Retry: [
          {
            ErrorEquals: ['A'],
            IntervalSeconds: 1,
            MaxAttempts: 5,
            BackoffRate: 2,
            MaxDelaySeconds: 60,
            JitterStrategy: 'FULL',
          },
        ],
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'KeepError' }],
        Next: 'Next?',
      }),
      KeepError: { Type: 'Pass', Parameters: { 'error.$': '$' }, Next: 'Failed' },
      'Next?': {
        Type: 'Choice',
        Choices: [
          { Variable: '$.next', StringEquals: 'wait', Next: 'WaitToOpen' },
          { Not: { Variable: '$.error.Error', IsPresent: true }, Next: 'Send' },
          { Variable: '$.error.Cause', StringMatches: '{"errorType":"*', Next: 'ReadCause' },
        ],
        Default: 'Failed',
      },
      ReadCause: {
        Type: 'Pass',
        Parameters: { 'cause.$': "States.Format('Errors: {}', States.JsonToString($.errorIn))" },
        ResultPath: '$.lambda',
        Next: 'Failed',
      },
      Pause: { Type: 'Wait', SecondsPath: '$.waitSeconds', Next: 'Inspect' },
      Send: mapOf({
        MaxConcurrencyPath: '$.concurrency',
        ResultPath: null,
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Failed' }],
        Next: 'Ended',
      }),
      Ended: { Type: 'Succeed', OutputPath: '$.output' },
      Failed: { Type: 'Fail', ErrorPath: '$.error.Error', CausePath: '$.error.Cause' },
    };
    expect(() => check(states, { TimeoutSeconds: 259_200 })).not.toThrow();
  });
});

describe('an unsupported definition', () => {
  const cases: [string, Record<string, unknown>, string, string][] = [
    ['JSONata in a state', pass({ QueryLanguage: 'JSONata' }), 'QueryLanguage', 'P'],
    ['Assign', pass({ Assign: { a: 1 } }), 'Assign', 'P'],
    ['Output', pass({ Output: {} }), 'Output', 'P'],
    ['HeartbeatSeconds', one({ HeartbeatSeconds: 5 }), 'HeartbeatSeconds', 'T'],
    ['TimeoutSecondsPath', one({ TimeoutSecondsPath: '$.t' }), 'TimeoutSecondsPath', 'T'],
    ['a Task without a timeout', one({ TimeoutSeconds: undefined }), 'TimeoutSeconds', 'T'],
    ['a timeout beyond any timer', one({ TimeoutSeconds: 3e6 }), 'TimeoutSeconds', 'T'],
    ['a callback task', one({ Resource: `${workArn}.waitForTaskToken` }), 'Resource', 'T'],
    [
      'the SDK form of a task',
      one({ Resource: 'arn:aws:states:::lambda:invoke' }),
      'Resource',
      'T',
    ],
    ['a Parallel state', { P: { Type: 'Parallel', Branches: [], End: true } }, 'Type', 'P'],
    [
      'a Timestamp wait',
      { W: { Type: 'Wait', TimestampPath: '$.t', End: true } },
      'TimestampPath',
      'W',
    ],
    ['IsPresent: false', choice({ Variable: '$.a', IsPresent: false }), 'IsPresent', 'C'],
    [
      'IsPresent: false below Not',
      choice({ Not: { Variable: '$.a', IsPresent: false } }),
      'IsPresent',
      'C',
    ],
    [
      'a coercing operator',
      choice({ Variable: '$.a', NumericLessThan: 5 }),
      'NumericLessThan',
      'C',
    ],
    [
      'a wildcard that only the interpreter has',
      choice({ Variable: '$.a', StringMatches: 'a?' }),
      'StringMatches',
      'C',
    ],
    [
      'a rule with two operators',
      choice({ Variable: '$.a', StringEquals: 'b', IsString: true }),
      'Choices',
      'C',
    ],
    ['Result: false', pass({ Result: false }), 'Result', 'P'],
    ['Result: 0', pass({ Result: 0 }), 'Result', 'P'],
    ['an empty Result', pass({ Result: '' }), 'Result', 'P'],
    ['a ResultPath of the whole state', one({ ResultPath: '$' }), 'ResultPath', 'T'],
    ['a ResultPath in brackets', one({ ResultPath: "$['a']" }), 'ResultPath', 'T'],
    ['a filter in a path', pass({ InputPath: '$.a[?(@.b)]' }), 'InputPath', 'P'],
    ['a wildcard in a path', pass({ Parameters: { 'a.$': '$.a[*].b' } }), 'Parameters["a.$"]', 'P'],
    [
      'an intrinsic function',
      pass({ Parameters: { 'a.$': 'States.UUID()' } }),
      'Parameters["a.$"]',
      'P',
    ],
    [
      'an intrinsic inside a list',
      pass({ Parameters: { a: [{ 'b.$': 'States.UUID()' }] } }),
      'Parameters["a"]["b.$"]',
      'P',
    ],
    [
      'an outdated field of the context',
      pass({ Parameters: { 'a.$': '$$.State.Name' } }),
      'Parameters["a.$"]',
      'P',
    ],
    [
      'the item outside ItemSelector',
      pass({ Parameters: { 'a.$': '$$.Map.Item.Value' } }),
      'Parameters["a.$"]',
      'P',
    ],
    [
      'an intrinsic in CausePath',
      { F: { Type: 'Fail', CausePath: "States.Format('a')" } },
      'CausePath',
      'F',
    ],
    ['an unknown field of Retry', one({ Retry: [{ ErrorEquals: ['A'], Delay: 1 }] }), 'Delay', 'T'],
    [
      'an unknown field of Catch',
      one({ Catch: [{ ErrorEquals: ['A'], Next: 'T', Output: {} }] }),
      'Output',
      'T',
    ],
    [
      'a distributed Map',
      {
        M: mapOf({
          ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' }, StartAt: 'E', States: {} },
          End: true,
        }),
      },
      'Mode',
      'M',
    ],
    [
      'a tolerated failure count',
      { M: mapOf({ ToleratedFailureCount: 1, End: true }) },
      'ToleratedFailureCount',
      'M',
    ],
    ['a Retry on a Map', { M: mapOf({ Retry: [], End: true }) }, 'Retry', 'M'],
    ['a Task in a Map without a Catch', inMap(task({ End: true })), 'Catch', 'Each'],
    [
      "the execution's start inside a Map",
      inMap(task({ Parameters: { 'a.$': '$$.Execution.StartTime' }, Catch: catchAll, End: true })),
      'Parameters["a.$"]',
      'Each',
    ],
    [
      'a Map inside a Map',
      {
        M: mapOf({
          ItemProcessor: { StartAt: 'N', States: { N: mapOf({ End: true }) } },
          End: true,
        }),
      },
      'Type',
      'N',
    ],
  ];

  it.each(cases)('is rejected with state and field: %s', (_name, states, field, state) => {
    const start = `The local run does not support ${field} of state ${state}: `;
    expect(() => check(states)).toThrow(
      expect.objectContaining({
        name: 'ConfigurationError',
        message: expect.stringContaining(start),
      }),
    );
  });

  describe('the start of a state machine', () => {
    const arn = 'arn:aws:states:local:000000000000:stateMachine:Started';
    const start = (StateMachineArn: string, more: object = {}) =>
      task({
        Resource: startExecutionResource,
        Parameters: { StateMachineArn, ...more },
        End: true,
      });
    const checkStart = (state: unknown) =>
      assertSupported(machineOf({ S: state }).definition, known, new Set([arn]));

    it('passes if the template has the state machine', () => {
      expect(() => checkStart(start(arn, { Input: { 'a.$': '$.a' } }))).not.toThrow();
    });

    it.each([
      ['another state machine', start(`${arn}2`), 'StateMachineArn of state S'],
      ['a name for the execution', start(arn, { Name: 'a' }), 'Name of state S'],
      ['no parameters', task({ Resource: startExecutionResource, End: true }), 'Parameters of'],
      ['a place inside a Map', inMap({ ...start(arn), Catch: catchAll }).M, 'Parameters of state'],
    ])('is rejected with %s', (_, state, message) => {
      expect(() => checkStart(state)).toThrow(message);
    });
  });

  it.each([
    ['QueryLanguage', { QueryLanguage: 'JSONata' }],
    ['TimeoutSeconds', { TimeoutSeconds: 1e9 }],
    ['Unknown', { Unknown: 1 }],
  ])('is rejected with the field of the machine: %s', (field, more) => {
    expect(() => check({ End: end }, more)).toThrow(`support ${field} of the state machine: `);
  });
});
