import { TransferError } from '#src/core/errors/transfer-error.ts';

/** One resource of a synthesized template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

/** The part of a synthesized CloudFormation template that local runs read. */
export interface CloudFormationTemplate {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
}

/** The part of a function's template that a local run needs. */
export interface LocalFunction {
  /** `FunctionName` if the template sets it, else the construct's id, else the logical id. */
  readonly name: string;
  readonly logicalId: string;
  /** The handler's entry as deployed, such as `index.handler`. */
  readonly handler: string;
  readonly timeoutSeconds: number;
  readonly memoryMib: number;
  /** Variables with plain text as value. */
  readonly environment: Readonly<Record<string, string>>;
  /** Variables with a reference as value, which only a deployment resolves. The local run sets its own value. */
  readonly referencedEnvironment: readonly string[];
}

/** Lambda's defaults (AWS::Lambda::Function, CloudFormation). */
const defaults = { Timeout: 3, MemorySize: 128 } as const;

/**
 * Reads one function from a template.
 * @throws ConfigurationError - the resource is not a function
 */
export function readFunction(logicalId: string, template: CloudFormationTemplate): LocalFunction {
  const resource = template.Resources[logicalId];
  if (resource?.Type !== 'AWS::Lambda::Function') {
    const message = `Invalid function ${JSON.stringify(logicalId)}: must be an AWS::Lambda::Function of the template`;
    throw new TransferError('ConfigurationError', message);
  }
  const properties = resource.Properties ?? {};
  const variables = Object.entries(
    (properties.Environment as { Variables?: Record<string, unknown> } | undefined)?.Variables ??
      {},
  );
  return {
    name: functionName(logicalId, resource),
    logicalId,
    handler: String(properties.Handler),
    timeoutSeconds: Number(properties.Timeout ?? defaults.Timeout),
    memoryMib: Number(properties.MemorySize ?? defaults.MemorySize),
    environment: Object.fromEntries(
      variables.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    ),
    referencedEnvironment: variables.flatMap(([name, value]) =>
      typeof value === 'string' ? [] : [name],
    ),
  };
}

/** Returns the function's name. With path metadata, the construct's id is in `aws:cdk:path`. */
function functionName(logicalId: string, resource: TemplateResource): string {
  const fixed = resource.Properties?.FunctionName;
  if (typeof fixed === 'string') return fixed;
  const path = resource.Metadata?.['aws:cdk:path'];
  const constructId = typeof path === 'string' ? path.split('/').at(-2) : undefined;
  return constructId ?? logicalId;
}
