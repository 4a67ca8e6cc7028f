import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { TransferError } from '#src/core/errors/errors.ts';
import {
  type CloudFormationTemplate,
  type LocalFunction,
  readFunction,
  type TemplateResource,
} from './template.ts';

/** One state machine of a synthesized template, ready for the interpreter. */
export interface LocalStateMachine {
  readonly logicalId: string;
  readonly definition: StateMachineDefinition;
  /** By the ARN that stands as a Task's `Resource` in `definition`. */
  readonly functions: ReadonlyMap<string, LocalFunction>;
}

const stateMachineType = 'AWS::StepFunctions::StateMachine';

/**
 * Reads the state machine out of a synthesized CloudFormation template, with its references to
 * functions turned into ARNs of a made-up account and everything it says about those functions.
 * @param logicalId - which state machine, where the template holds several
 * @throws ConfigurationError - no such machine, or its definition holds an intrinsic other than
 * `Fn::Join`, `Fn::GetAtt` of a function's `Arn`, and `Ref` to a function version or AWS::Partition
 */
export function readDefinition(
  template: CloudFormationTemplate,
  logicalId?: string,
): LocalStateMachine {
  const id = logicalId ?? onlyStateMachine(template);
  const properties = template.Resources[id]?.Properties;
  if (template.Resources[id]?.Type !== stateMachineType || !properties) {
    throw new TransferError('ConfigurationError', `no state machine ${id} in the template`);
  }
  if (properties.DefinitionSubstitutions !== undefined || !('DefinitionString' in properties)) {
    throw new TransferError(
      'ConfigurationError',
      `state machine ${id} must hold its whole definition in DefinitionString`,
    );
  }
  const functions = new Map<string, LocalFunction>();
  const text = resolve(properties.DefinitionString, template, functions);
  return { logicalId: id, definition: parse(text, id), functions };
}

function onlyStateMachine(template: CloudFormationTemplate): string {
  const ids = Object.keys(template.Resources).filter(
    (id) => template.Resources[id]?.Type === stateMachineType,
  );
  const [id] = ids;
  if (id === undefined || ids.length > 1) {
    throw new TransferError(
      'ConfigurationError',
      `the template holds ${ids.length} state machines (${ids.join(', ')}); name one`,
    );
  }
  return id;
}

function parse(text: string, id: string): StateMachineDefinition {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TransferError('ConfigurationError', `the definition of ${id} is not JSON`, { cause });
  }
}

function resolve(
  value: unknown,
  template: CloudFormationTemplate,
  functions: Map<string, LocalFunction>,
): string {
  if (typeof value === 'string') return value;
  const [[intrinsic, argument] = ['nothing', undefined], ...more] = Object.entries(value ?? {});
  if (more.length > 0) return assertNoIntrinsic(value);
  if (intrinsic === 'Fn::Join' && Array.isArray(argument) && Array.isArray(argument[1])) {
    return argument[1].map((part) => resolve(part, template, functions)).join(String(argument[0]));
  }
  if (intrinsic === 'Ref' && argument === 'AWS::Partition') return 'aws';
  if (intrinsic === 'Ref' && typeof argument === 'string') {
    const version = template.Resources[argument];
    if (version?.Type === 'AWS::Lambda::Version') {
      return nameFunction(functionOf(version, value), ':1', template, functions);
    }
  }
  if (intrinsic === 'Fn::GetAtt' && Array.isArray(argument) && argument[1] === 'Arn') {
    return nameFunction(String(argument[0]), '', template, functions);
  }
  return assertNoIntrinsic(value);
}

/** The logical id of the function that a version publishes. */
function functionOf(version: TemplateResource, value: unknown): string {
  const name = version.Properties?.FunctionName;
  const reference = typeof name === 'object' && name !== null && 'Ref' in name ? name.Ref : name;
  return typeof reference === 'string' ? reference : assertNoIntrinsic(value);
}

function nameFunction(
  logicalId: string,
  versionSuffix: string,
  template: CloudFormationTemplate,
  functions: Map<string, LocalFunction>,
): string {
  const arn = `arn:aws:lambda:us-east-1:000000000000:function:${logicalId}${versionSuffix}`;
  functions.set(arn, readFunction(logicalId, template));
  return arn;
}

function assertNoIntrinsic(value: unknown): never {
  throw new TransferError(
    'ConfigurationError',
    `the definition holds ${JSON.stringify(value)}, which only a deployment can resolve`,
  );
}
