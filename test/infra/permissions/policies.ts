import type { CloudFormationTemplate } from '#infra/synthesize.ts';

/** One permission or denial of a template: one action on one resource. */
export interface Grant {
  /** The role, or the resource with the policy, by its construct's path. */
  readonly holder: string;
  readonly effect: string;
  /** Set in the policies of resources and in trusts only. */
  readonly principal?: string;
  readonly action: string;
  /** Absent in a trust, which applies to the role itself. */
  readonly resource?: string;
  /** As canonical JSON, references in angle brackets. */
  readonly condition?: string;
}

type Json = Readonly<Record<string, unknown>>;

/** The supported fields of a statement; `NotAction` and similar fields are errors. */
const readFields = ['Sid', 'Effect', 'Principal', 'Action', 'Resource', 'Condition'];

/** The properties in which a policy names its holder. */
const holderFields = ['Roles', 'Users', 'Groups', 'Queues', 'Topics', 'Bucket', 'EventBusName'];

/**
 * Returns every grant in a template's policies: of roles (inline, attached and by ARN), of their
 * trusts, and of resources with a policy anywhere in their properties.
 */
export function grantsIn(template: CloudFormationTemplate): Grant[] {
  const read = new TemplateReader(template);
  return [
    ...Object.keys(template.Resources).flatMap((id) => read.grantsOf(id)),
    ...read.outputGrants(),
  ];
}

/** Returns `function: role` for every role in use, by their constructs' paths. */
export function rolesUsedIn(template: CloudFormationTemplate): string[] {
  const read = new TemplateReader(template);
  return Object.keys(template.Resources).flatMap((id) => read.rolesUsedBy(id));
}

class TemplateReader {
  readonly #template: CloudFormationTemplate;

  constructor(template: CloudFormationTemplate) {
    this.#template = template;
  }

  grantsOf(id: string): Grant[] {
    const { Type, Properties = {} } = this.#template.Resources[id] ?? { Type: '' };
    if (Type === 'AWS::Lambda::Permission') return [this.#permission(Properties)];
    const holders = this.#holdersOf(id, Properties);
    const statements = statementsIn(Properties).flatMap((one) => this.#statement(one));
    if (/Policy$/.test(Type) && statements.length === 0) {
      throw new Error(`${Type} ${id} has no statement that can be read`);
    }
    return holders.flatMap((holder) =>
      [...statements, ...this.#attached(Properties)].map((grant) => ({ holder, ...grant })),
    );
  }

  rolesUsedBy(id: string): string[] {
    const roles = rolesIn(this.#template.Resources[id]?.Properties);
    return roles.map((role) => `${this.#path(id)}: ${unbracketed(this.#text(role))}`);
  }

  /** Returns the statements in the outputs for the policies of keys. */
  outputGrants(): Grant[] {
    const outputs = Object.entries(this.#template.Outputs ?? {});
    return outputs
      .filter(([name]) => /PolicyStatement/.test(name))
      .flatMap(([name, { Value }]) =>
        this.#statement(JSON.parse(this.#text(Value))).map((grant) => ({
          holder: `output ${name}`,
          ...grant,
        })),
      );
  }

  /** A policy belongs to its roles, a resource's policy to the resource, and a trust to its role. */
  #holdersOf(id: string, properties: Json): string[] {
    const held = holderFields.flatMap((field) => properties[field] ?? []);
    return held.length > 0 ? held.map((one) => unbracketed(this.#text(one))) : [this.#path(id)];
  }

  #attached({ ManagedPolicyArns = [] }: Json): Omit<Grant, 'holder'>[] {
    return [ManagedPolicyArns].flat().map((arn) => ({
      effect: 'Allow',
      action: 'all of a managed policy',
      resource: this.#text(arn),
    }));
  }

  #permission({ FunctionName, Principal, Action, ...scope }: Json): Grant {
    return {
      holder: unbracketed(this.#text(FunctionName)).replace(/\.Arn$/, ''),
      effect: 'Allow',
      principal: `Service ${this.#text(Principal)}`,
      action: this.#text(Action),
      condition: this.#condition(scope),
    };
  }

  #statement(statement: Json): Omit<Grant, 'holder'>[] {
    const unread = Object.keys(statement).filter((field) => !readFields.includes(field));
    if (unread.length > 0)
      throw new Error(`unsupported field ${unread} in the statement ${JSON.stringify(statement)}`);
    const { Effect, Principal, Action, Resource, Condition } = statement;
    const principals = Principal === undefined ? [undefined] : this.#principals(Principal);
    const resources = Resource === undefined ? [undefined] : [Resource].flat().map(this.#text);
    return principals.flatMap((principal) =>
      [Action].flat().flatMap((action) =>
        resources.map((resource) => ({
          effect: String(Effect),
          ...(principal !== undefined && { principal }),
          action: String(action),
          ...(resource !== undefined && { resource }),
          ...(Condition !== undefined && { condition: this.#condition(Condition as Json) }),
        })),
      ),
    );
  }

  #principals(principal: unknown): string[] {
    if (typeof principal === 'string') return [principal];
    return Object.entries(principal ?? {}).flatMap(([kind, named]) =>
      [named].flat().map((one) => `${kind} ${this.#text(one)}`),
    );
  }

  #condition(condition: Json): string {
    return JSON.stringify(sorted(condition, this.#text));
  }

  /** Returns text with references in angle brackets, resources by their construct's path. */
  readonly #text = (value: unknown): string => {
    if (typeof value === 'string') return value;
    const [[intrinsic, argument] = ['nothing', undefined]] = Object.entries(value ?? {});
    if (intrinsic === 'Fn::Join') return argument[1].map(this.#text).join(argument[0]);
    const [name, ...attribute] = [argument].flat().map(String);
    return `<${[this.#path(name ?? ''), ...attribute].join('.')}>`;
  };

  /** Returns the construct's path below its stack, without the id `Resource` of the CDK. */
  #path(id: string): string {
    const path = this.#template.Resources[id]?.Metadata?.['aws:cdk:path'];
    return typeof path === 'string' ? path.replace(/^[^/]+\//, '').replace(/\/Resource$/, '') : id;
  }
}

function unbracketed(reference: string): string {
  return reference.replace(/^<(.*)>$/, '$1');
}

/** Returns every statement at any depth, also of inline policies and buses. */
function statementsIn(value: unknown): Json[] {
  if (typeof value === 'string' && /"Effect"/.test(value))
    throw new Error(`unsupported policy as text: ${value}`);
  if (typeof value !== 'object' || value === null) return [];
  if ('Effect' in value) return [value as Json];
  return Object.values(value).flatMap(statementsIn);
}

/** Returns every role that a resource uses, at any depth. */
function rolesIn(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) =>
    /^(Role|RoleArn|ExecutionRoleArn|TaskRoleArn)$/.test(name) ? [one] : rolesIn(one),
  );
}

function sorted(value: unknown, text: (value: unknown) => string): unknown {
  if (Array.isArray(value)) return value.map((one) => sorted(one, text));
  if (typeof value !== 'object' || value === null) return value;
  if ('Ref' in value || 'Fn::Join' in value || 'Fn::GetAtt' in value) return text(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one, text)]));
}
