import { TransferError } from '#src/core/errors/errors.ts';

/** One resource of a synthesized template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

/** A synthesized CloudFormation template, as far as it is read here. */
export interface CloudFormationTemplate {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
}

/** A Lambda function as its template deploys it, as far as a local run needs it. */
export interface LocalFunction {
  /** `FunctionName` where the template fixes one, else the construct's id, else the logical id. */
  readonly name: string;
  readonly logicalId: string;
  /** The handler's entry as deployed, such as `index.handler`. */
  readonly handler: string;
  readonly timeoutSeconds: number;
  readonly memoryMib: number;
  /** Variables whose values the template holds as plain text. */
  readonly environment: Readonly<Record<string, string>>;
  /** Variables whose values are references that exist only once deployed: the run gives its own. */
  readonly referencedEnvironment: readonly string[];
}

/** What Lambda takes where a template says nothing (AWS::Lambda::Function, CloudFormation). */
const defaults = { Timeout: 3, MemorySize: 128 } as const;

/**
 * Reads what a template says about one function.
 * @throws ConfigurationError - it holds no such function
 */
export function readFunction(logicalId: string, template: CloudFormationTemplate): LocalFunction {
  const resource = template.Resources[logicalId];
  if (resource?.Type !== 'AWS::Lambda::Function') {
    throw new TransferError('ConfigurationError', `${logicalId} is no Lambda function`);
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

/** The construct's id stands in `aws:cdk:path` where the app was synthesized with path metadata. */
function functionName(logicalId: string, resource: TemplateResource): string {
  const fixed = resource.Properties?.FunctionName;
  if (typeof fixed === 'string') return fixed;
  const path = resource.Metadata?.['aws:cdk:path'];
  const constructId = typeof path === 'string' ? path.split('/').at(-2) : undefined;
  return constructId ?? logicalId;
}
