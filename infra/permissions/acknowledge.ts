import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Records why findings of cdk-nag's AwsSolutions pack about a construct are acceptable. Only the
 * tests run the pack.
 * @param findings - without the pack's name, such as `IAM5[Resource::*]`
 */
export function acknowledge(construct: IConstruct, reason: string, ...findings: string[]): void {
  const ids = findings.map((finding) => `AwsSolutions-${finding}`);
  Validations.of(construct).acknowledge(...ids.map((id) => ({ id, reason })));
}

/** Records why a construct's policies have resources with a wildcard. */
export function acknowledgeWildcards(
  construct: IConstruct,
  reason: string,
  ...resources: string[]
): void {
  const findings = resources.map((resource) => {
    const text = withReferences(Stack.of(construct).resolve(resource));
    return `IAM5[Resource::${text}]`;
  });
  acknowledge(construct, reason, ...findings);
}

/** Returns text as the pack reports it: a reference that deployment resolves is in angle brackets. */
function withReferences(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[intrinsic, argument] = ['', undefined]] = Object.entries(value ?? {});
  if (intrinsic === 'Fn::Join') return argument[1].map(withReferences).join(argument[0]);
  return `<${[argument].flat().join('.')}>`;
}
