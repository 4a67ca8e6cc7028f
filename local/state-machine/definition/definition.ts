import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { TransferError } from '#src/core/errors/transfer-error.ts';
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
  /** The state machines that states of `definition` start, by ARN. */
  readonly nested: ReadonlyMap<string, LocalStateMachine>;
}

/** Functions and state machines that a definition names, by ARN. */
interface Named {
  readonly functions: Map<string, LocalFunction>;
  readonly nested: Map<string, LocalStateMachine>;
  /** The logical ids of the state machines that are being read. None of them can be started. */
  readonly reading: readonly string[];
}

const stateMachineType = 'AWS::StepFunctions::StateMachine';

/**
 * Reads a state machine, its functions and the state machines that it starts from a synthesized
 * CloudFormation template. References become ARNs of a fictitious account.
 * @param logicalId - the state machine. Default: the only one that no other state machine starts
 * @throws ConfigurationError - the state machine is missing, or its definition has an intrinsic other
 * than `Fn::Join`, `Fn::GetAtt` of a function's `Arn`, and `Ref` to a function version, a state machine
 * or AWS::Partition
 */
export function readDefinition(
  template: CloudFormationTemplate,
  logicalId: string = onlyStateMachine(template),
): LocalStateMachine {
  return read(template, logicalId, []);
}

function read(
  template: CloudFormationTemplate,
  id: string,
  readers: readonly string[],
): LocalStateMachine {
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
  const named: Named = { functions: new Map(), nested: new Map(), reading: [...readers, id] };
  const text = resolve(properties.DefinitionString, template, named);
  const { functions, nested } = named;
  return { logicalId: id, definition: parse(text, id), functions, nested };
}

/** Returns the ARN of a local state machine. */
export function stateMachineArn({ logicalId }: Pick<LocalStateMachine, 'logicalId'>): string {
  return `arn:aws:states:local:000000000000:stateMachine:${logicalId}`;
}

function onlyStateMachine(template: CloudFormationTemplate): string {
  const all = Object.entries(template.Resources).filter(
    ([, { Type }]) => Type === stateMachineType,
  );
  const starts = (resource: TemplateResource, id: string) =>
    JSON.stringify(resource.Properties?.DefinitionString ?? '').includes(`{"Ref":"${id}"}`);
  const isStarted = (id: string) => all.some(([by, one]) => by !== id && starts(one, id));
  const ids = all.map(([id]) => id).filter((id) => !isStarted(id));
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

function resolve(value: unknown, template: CloudFormationTemplate, named: Named): string {
  if (typeof value === 'string') return value;
  const [[intrinsic, argument] = ['nothing', undefined], ...more] = Object.entries(value ?? {});
  if (more.length > 0) return throwUnresolvable(value);
  if (intrinsic === 'Fn::Join' && Array.isArray(argument) && Array.isArray(argument[1])) {
    return argument[1].map((part) => resolve(part, template, named)).join(String(argument[0]));
  }
  if (intrinsic === 'Ref' && argument === 'AWS::Partition') return 'aws';
  if (intrinsic === 'Ref' && typeof argument === 'string') {
    const resource = template.Resources[argument];
    if (resource?.Type === 'AWS::Lambda::Version') {
      return nameFunction(functionOf(resource, value), ':1', template, named);
    }
    if (resource?.Type === stateMachineType && !named.reading.includes(argument)) {
      return nameStateMachine(argument, template, named);
    }
  }
  if (intrinsic === 'Fn::GetAtt' && Array.isArray(argument) && argument[1] === 'Arn') {
    return nameFunction(String(argument[0]), '', template, named);
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
  { functions }: Named,
): string {
  const arn = `arn:aws:lambda:us-east-1:000000000000:function:${logicalId}${versionSuffix}`;
  functions.set(arn, readFunction(logicalId, template));
  return arn;
}

function nameStateMachine(
  logicalId: string,
  template: CloudFormationTemplate,
  { nested, reading }: Named,
): string {
  const arn = stateMachineArn({ logicalId });
  if (!nested.has(arn)) nested.set(arn, read(template, logicalId, reading));
  return arn;
}

function throwUnresolvable(value: unknown): never {
  throw new TransferError(
    'ConfigurationError',
    `Unsupported intrinsic ${JSON.stringify(value)} in the definition: only a deployment can resolve it`,
  );
}
