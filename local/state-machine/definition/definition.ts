import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { TransferError } from '#src/core/errors/errors.ts';
import {
  type CloudFormationTemplate,
  type LocalFunction,
  readFunction,
  type TemplateResource,
} from './template.ts';

/** A state machine of a synthesized template, ready for the interpreter. */
export interface LocalStateMachine {
  readonly logicalId: string;
  readonly definition: StateMachineDefinition;
  /** The functions by ARN, which is the `Resource` of a Task in `definition`. */
  readonly functions: ReadonlyMap<string, LocalFunction>;
}

const stateMachineType = 'AWS::StepFunctions::StateMachine';

/**
 * Reads a state machine and its functions from a synthesized CloudFormation template. References to
 * functions become ARNs of a fictitious account.
 * @param logicalId - the state machine; required if the template has several
 * @throws ConfigurationError - the state machine is missing, or its definition has an intrinsic other
 * than `Fn::Join`, `Fn::GetAtt` of a function's `Arn`, and `Ref` to a function version or AWS::Partition
 */
export function readDefinition(
  template: CloudFormationTemplate,
  logicalId?: string,
): LocalStateMachine {
  const id = logicalId ?? onlyStateMachine(template);
  const properties = template.Resources[id]?.Properties;
  if (template.Resources[id]?.Type !== stateMachineType || !properties) {
    const message = `Unknown state machine ${JSON.stringify(id)}: it is not in the template`;
    throw new TransferError('ConfigurationError', message);
  }
  if (properties.DefinitionSubstitutions !== undefined || !('DefinitionString' in properties)) {
    throw new TransferError(
      'ConfigurationError',
      `Unsupported state machine ${JSON.stringify(id)}: its whole definition must be in DefinitionString`,
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
      `The template has ${ids.length} state machines (${ids.join(', ')}): expected one. Name the state machine`,
    );
  }
  return id;
}

function parse(text: string, id: string): StateMachineDefinition {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = `Invalid definition of ${JSON.stringify(id)}: must be JSON`;
    throw new TransferError('ConfigurationError', message, { cause });
  }
}

function resolve(
  value: unknown,
  template: CloudFormationTemplate,
  functions: Map<string, LocalFunction>,
): string {
  if (typeof value === 'string') return value;
  const [[intrinsic, argument] = ['nothing', undefined], ...more] = Object.entries(value ?? {});
  if (more.length > 0) return throwUnresolvable(value);
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
  return throwUnresolvable(value);
}

/** Returns the logical id of the function of a version. */
function functionOf(version: TemplateResource, value: unknown): string {
  const name = version.Properties?.FunctionName;
  const reference = typeof name === 'object' && name !== null && 'Ref' in name ? name.Ref : name;
  return typeof reference === 'string' ? reference : throwUnresolvable(value);
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

function throwUnresolvable(value: unknown): never {
  throw new TransferError(
    'ConfigurationError',
    `Unsupported intrinsic ${JSON.stringify(value)} in the definition: only a deployment can resolve it`,
  );
}
