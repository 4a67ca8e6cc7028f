import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Says why findings of cdk-nag's AwsSolutions pack about a construct are no faults. The pack itself
 * runs in the tests only.
 * @param findings - without the pack's name: `IAM5[Resource::*]`
 */
export function acknowledge(construct: IConstruct, reason: string, ...findings: string[]): void {
  const ids = findings.map((finding) => `AwsSolutions-${finding}`);
  Validations.of(construct).acknowledge(...ids.map((id) => ({ id, reason })));
}

/** The same for resources with a wildcard, given as a policy has them. */
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

/** As the pack writes what is known only after deployment: the reference in angle brackets. */
function withReferences(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[intrinsic, argument] = ['', undefined]] = Object.entries(value ?? {});
  if (intrinsic === 'Fn::Join') return argument[1].map(withReferences).join(argument[0]);
  return `<${[argument].flat().join('.')}>`;
}
