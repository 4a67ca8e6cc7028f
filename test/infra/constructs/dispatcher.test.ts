import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { describe, expect, it } from 'vitest';
import { Dispatcher } from '#infra/constructs/dispatcher.ts';
import { synthesizeTemplate } from '#infra/synthesize.ts';
import { resources, resourcesFor, statementsOfRole, template as whole } from '../deployed.ts';

const machineArn = 'arn:aws:states:eu-west-1:123456789012:stateMachine:transfers';

/** Returns a stack with a dispatcher only, without bundling. */
function dispatching(): Template {
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Stack');
  const dispatcher = new Dispatcher(stack, 'Dispatcher', {
    environment: { TABLE_NAME: 'transfers' },
    memoryMiB: 512,
    logRetention: RetentionDays.ONE_WEEK,
    permit: () => undefined,
  });
  dispatcher.dispatchFor(StateMachine.fromStateMachineArn(stack, 'Machine', machineArn));
  return Template.fromStack(stack);
}

const template = dispatching();
const functionArn = { 'Fn::GetAtt': [Match.stringLikeRegexp('^DispatcherDispatch'), 'Arn'] };

/** Returns the rule with a property. */
function ruleWith(property: string): Record<string, unknown> {
  const rules = Object.values(template.findResources('AWS::Events::Rule'));
  const found = rules.filter(({ Properties }) => Object.hasOwn(Properties, property));
  expect(found).toHaveLength(1);
  return found[0]?.Properties;
}

/** Returns the input of a rule's target, as text. */
function inputOf(rule: Record<string, unknown>): { input?: string; transformer?: unknown } {
  const [target] = rule.Targets as { Input?: string; InputTransformer?: unknown }[];
  return {
    ...(target?.Input && { input: target.Input }),
    ...(target?.InputTransformer ? { transformer: target.InputTransformer } : {}),
  };
}

describe('the dispatcher runs', () => {
  it('when an execution of its state machine ends in any status', () => {
    expect(ruleWith('EventPattern').EventPattern).toEqual({
      source: ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      detail: {
        stateMachineArn: [machineArn],
        status: ['SUCCEEDED', 'FAILED', 'ABORTED', 'TIMED_OUT'],
      },
    });
  });

  it('with the state machine that the status event names', () => {
    expect(inputOf(ruleWith('EventPattern')).transformer).toEqual({
      InputPathsMap: { 'detail-stateMachineArn': '$.detail.stateMachineArn' },
      InputTemplate: '{"stateMachineArn":<detail-stateMachineArn>}',
    });
  });

  it('every minute, and measures the queue', () => {
    const rule = ruleWith('ScheduleExpression');
    expect(rule.ScheduleExpression).toBe('rate(1 minute)');
    expect(JSON.parse(inputOf(rule).input ?? '')).toEqual({
      stateMachineArn: machineArn,
      schedule: true,
    });
  });

  it('again within a minute: no call is kept or retried', () => {
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
    });
    for (const { Properties } of Object.values(template.findResources('AWS::Events::Rule')))
      expect(Properties.Targets).toMatchObject([{ RetryPolicy: { MaximumRetryAttempts: 0 } }]);
  });

  it('as one function on Node.js 24 on arm64, with traces and JSON logs of the retention in the props', () => {
    template.resourceCountIs('AWS::Lambda::Function', 1);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      MemorySize: 512,
      Timeout: 50,
      TracingConfig: { Mode: 'Active' },
      LoggingConfig: { LogFormat: 'JSON' },
      Environment: { Variables: { TABLE_NAME: 'transfers' } },
    });
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 7 });
  });

  it('by its own rules only', () => {
    const permissions = Object.values(template.findResources('AWS::Lambda::Permission'));
    expect(permissions).toHaveLength(2);
    for (const { Properties } of permissions)
      expect(Properties).toMatchObject({ Principal: 'events.amazonaws.com' });
    template.hasResourceProperties('AWS::Lambda::Permission', { FunctionName: functionArn });
  });
});

describe('in the whole stack, the dispatcher', () => {
  const [, dispatch] = resources('AWS::Lambda::Function').find(([id]) =>
    id.startsWith('ChunkferryDispatcherDispatch'),
  ) as [string, { Role: { 'Fn::GetAtt': [string, string] }; Environment: { Variables: object } }];
  const statements = statementsOfRole(dispatch.Role['Fn::GetAtt'][0]);
  const machines = resources('AWS::StepFunctions::StateMachine').map(([id]) => id);
  const machineId = machines.find((id) => id.includes('Transfers'));

  it('may start executions of this state machine only', () => {
    expect(resourcesFor('states:StartExecution', statements)).toEqual([`<${machineId}>`]);
  });

  it('may describe executions of this state machine and of the preflight only', () => {
    const preflightId = machines.find((id) => id.includes('Preflight'));
    expect(resourcesFor('states:DescribeExecution', statements)).toEqual(
      [preflightId, machineId].map(
        (id) =>
          `arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<${id}.Name>:*`,
      ),
    );
  });

  it('may do only what its work needs', () => {
    const actions = statements
      .flatMap(({ Action }) => [Action].flat())
      .filter((action) => !/^(xray|logs):/.test(action));
    expect(actions.sort()).toEqual([
      'dynamodb:DeleteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
      'events:PutEvents',
      'states:DescribeExecution',
      'states:StartExecution',
    ]);
  });

  it('reads the bound of active transfers, but neither the API key nor the service', () => {
    expect(dispatch.Environment.Variables).toMatchObject({ MAX_ACTIVE_TRANSFERS: '10' });
    expect(Object.keys(dispatch.Environment.Variables).sort()).toEqual([
      'EVENT_BUS_NAME',
      'MAX_ACTIVE_TRANSFERS',
      'NODE_OPTIONS',
      'POWERTOOLS_SERVICE_NAME',
      'TABLE_NAME',
    ]);
  });

  it('and OpenSession read the same transfer window, as SendChunks does', () => {
    const transferWindow = { from: '22:00', to: '06:00', timeZone: 'Europe/Berlin' } as const;
    const functions = resources('AWS::Lambda::Function', synthesizeTemplate({ transferWindow }));
    const windows = functions.flatMap(([id, { Environment }]) => {
      const { Variables } = Environment as { Variables: Record<string, string> };
      return Variables.TRANSFER_WINDOW === undefined ? [] : [[id, Variables.TRANSFER_WINDOW]];
    });
    const ids = windows.map(([id = '']) => id.replace(/[0-9A-F]{8}$/, ''));
    expect(ids).toEqual(
      expect.arrayContaining([
        'ChunkferryOpenSession',
        'ChunkferrySendChunks',
        'ChunkferryDispatcherDispatch',
      ]),
    );
    expect(new Set(windows.map(([, text]) => text))).toEqual(
      new Set([JSON.stringify(transferWindow)]),
    );
  });

  it('reads no window if none is set', () => {
    expect(JSON.stringify(whole)).not.toContain('TRANSFER_WINDOW');
  });
});
