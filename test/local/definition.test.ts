import { App, Duration, Stack } from 'aws-cdk-lib';
import { Code, type IFunction, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { DefinitionBody, StateMachine, Timeout } from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { describe, expect, it } from 'vitest';
import { readDefinition } from '#local/state-machine/definition/definition.ts';
import type { CloudFormationTemplate } from '#local/state-machine/definition/template.ts';
import { runExecution } from '#local/state-machine/run.ts';

function synthesize(): CloudFormationTemplate {
  const app = new App({
    context: { 'aws:cdk:bundling-stacks': [], 'aws:cdk:enable-path-metadata': true },
  });
  const stack = new Stack(app, 'Tiny');
  const greet = new LambdaFunction(stack, 'Greet', {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromInline('0'),
    timeout: Duration.seconds(7),
    memorySize: 512,
    environment: { PLAIN: 'text', REFERENCE: stack.region },
  });
  const invoke = new LambdaInvoke(stack, 'Greeting', {
    lambdaFunction: greet.currentVersion as IFunction,
    payloadResponseOnly: true,
    retryOnServiceExceptions: false,
    taskTimeout: Timeout.duration(Duration.seconds(10)),
  });
  new StateMachine(stack, 'Machine', { definitionBody: DefinitionBody.fromChainable(invoke) });
  return app.synth().getStackByName('Tiny').template;
}

/** Returns a template with a function, its version, and a machine with this definition. */
function templateWith(definition: unknown): CloudFormationTemplate {
  return {
    Resources: {
      Send: { Type: 'AWS::Lambda::Function', Properties: { Handler: 'index.handler' } },
      SendVersion: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'Send' } } },
      Machine: {
        Type: 'AWS::StepFunctions::StateMachine',
        Properties: { DefinitionString: definition },
      },
    },
  };
}

const join = (...parts: unknown[]) => ({ 'Fn::Join': ['', parts] });

describe('reading a synthesized definition', () => {
  const template = synthesize();

  it('returns functions with the name of their construct and the settings of the template', () => {
    const [greet] = readDefinition(template).functions.values();
    expect(greet).toMatchObject({
      name: 'Greet',
      handler: 'index.handler',
      timeoutSeconds: 7,
      memoryMib: 512,
      environment: { PLAIN: 'text' },
      referencedEnvironment: ['REFERENCE'],
    });
  });

  it('returns a runnable definition', async () => {
    const result = await runExecution({
      machine: readDefinition(template),
      handlers: { Greet: ({ name }: { name: string }) => `hello ${name}` },
      input: { name: 'Ada' },
    });
    expect(result).toMatchObject({ status: 'SUCCEEDED', output: 'hello Ada' });
  });

  it('resolves versions, functions and the partition', () => {
    const text = join(
      '{"Comment":"',
      { Ref: 'AWS::Partition' },
      ' ',
      { Ref: 'SendVersion' },
      ' ',
      { 'Fn::GetAtt': ['Send', 'Arn'] },
      '"}',
    );
    const { definition, functions } = readDefinition(templateWith(text));
    const arn = 'arn:aws:lambda:us-east-1:000000000000:function:Send';
    expect(definition.Comment).toBe(`aws ${arn}:1 ${arn}`);
    expect([...functions.keys()]).toEqual([`${arn}:1`, arn]);
  });

  it("uses Lambda's defaults for missing settings", () => {
    const template = templateWith(join('{"a":"', { Ref: 'SendVersion' }, '"}'));
    const [send] = readDefinition(template).functions.values();
    expect(send).toMatchObject({ name: 'Send', timeoutSeconds: 3, memoryMib: 128 });
  });

  it.each([
    ['a reference to something else', { Ref: 'Machine' }],
    ['another attribute', { 'Fn::GetAtt': ['Send', 'Name'] }],
    ['another intrinsic', { 'Fn::Select': [0, ['Send']] }],
    ['a number', 5],
  ])('rejects %s in the definition', (_name, value) => {
    expect(() => readDefinition(templateWith(join('"', value, '"')))).toThrow(
      expect.objectContaining({
        name: 'ConfigurationError',
        message: `Unsupported intrinsic ${JSON.stringify(value)} in the definition: only a deployment can resolve it`,
      }),
    );
  });

  describe('that starts another state machine', () => {
    const started = { Type: 'AWS::StepFunctions::StateMachine' };
    const both: CloudFormationTemplate = {
      Resources: {
        ...templateWith(join('{"Comment":"', { Ref: 'Started' }, '"}')).Resources,
        Started: { ...started, Properties: { DefinitionString: '{"Comment":"started"}' } },
      },
    };
    const arn = 'arn:aws:states:local:000000000000:stateMachine:Started';

    it('returns both, and takes the one that no other starts', () => {
      const { logicalId, definition, nested } = readDefinition(both);
      expect([logicalId, definition.Comment]).toEqual(['Machine', arn]);
      expect([...nested.keys()]).toEqual([arn]);
      expect(nested.get(arn)?.definition.Comment).toBe('started');
    });

    it('rejects two state machines that start each other', () => {
      const DefinitionString = join('"', { Ref: 'Machine' }, '"');
      const cycle = {
        Resources: { ...both.Resources, Started: { ...started, Properties: { DefinitionString } } },
      };
      expect(() => readDefinition(cycle, 'Machine')).toThrow('Unsupported intrinsic');
      expect(() => readDefinition(cycle)).toThrow('has 0 state machines');
    });
  });

  it('rejects a template without a state machine', () => {
    expect(() => readDefinition({ Resources: {} })).toThrow('has 0 state machines');
  });

  it('rejects a machine that is not in the template', () => {
    expect(() => readDefinition(template, 'Nope')).toThrow('Unknown state machine "Nope"');
  });

  it('rejects a definition that is not JSON', () => {
    expect(() => readDefinition(templateWith('{'))).toThrow(
      'Invalid definition of "Machine": must be JSON',
    );
  });
});
