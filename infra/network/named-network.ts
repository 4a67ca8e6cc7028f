import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { z } from 'zod';
import { check } from '../configuration/check.ts';
import { list, text } from '../configuration/fields.ts';
import { throwConfigurationError, throwInvalid } from '../configuration/invalid.ts';
import type { NetworkProps } from './network-props.ts';

/** The id of a resource: its prefix, then 8 or 17 hexadecimal digits. */
function resourceId(prefix: string) {
  const form = new RegExp(`^${prefix}-([0-9a-f]{8}|[0-9a-f]{17})$`);
  return text(form, `must look like ${prefix}-0123456789abcdef0`);
}

/** An existing network, by the ids of its parts. */
export const namedNetworkFields = {
  vpcId: resourceId('vpc').optional().meta({
    description:
      'Id of the VPC that every function runs in, together with `vpcSubnetIds`. See [docs/vpc.md](vpc.md) for what its subnets must reach.',
    default: 'none: the functions run outside any VPC',
  }),
  vpcSubnetIds: list(resourceId('subnet')).optional().meta({
    description: 'Ids of private subnets of that VPC.',
    default: 'none',
  }),
  securityGroupIds: list(resourceId('sg')).optional().meta({
    description: "Ids of the functions' security groups.",
    default: 'one new group, which allows all outbound and no inbound traffic',
  }),
};

const namedNetworkProps = z.object(namedNetworkFields);

export type NamedNetworkProps = Readonly<z.input<typeof namedNetworkProps>>;

/**
 * Returns the network of these ids. The synthesis looks nothing up in the account.
 * @throws ConfigurationError - an id has another form, a part lacks the other parts, or a part is
 *   also set as a construct
 */
export function namedNetwork(
  scope: Construct,
  props: NamedNetworkProps & NetworkProps,
): NetworkProps {
  assertSetOnce(props);
  const { vpcId, vpcSubnetIds, securityGroupIds } = check(namedNetworkProps, props);
  if (!vpcId || !vpcSubnetIds) return assertUnset({ vpcId, vpcSubnetIds, securityGroupIds });
  const vpc = Vpc.fromVpcAttributes(scope, 'Vpc', {
    vpcId,
    // The CDK requires as many zones as subnets; no code here selects by zone.
    availabilityZones: vpcSubnetIds.map((_, index) => `zone-${index}`),
    privateSubnetIds: [...vpcSubnetIds],
  });
  const groups = securityGroupIds?.map((id) => SecurityGroup.fromSecurityGroupId(scope, id, id));
  return { vpc, ...(groups && { securityGroups: groups }) };
}

/** Ids that need each other: the VPC and its subnets. */
function assertUnset(ids: NamedNetworkProps): NetworkProps {
  const [name] = Object.entries(ids).find(([, value]) => value !== undefined) ?? [];
  if (name === undefined) return {};
  const missing = ids.vpcId ? 'vpcSubnetIds' : 'vpcId';
  return throwConfigurationError(
    `Missing ${missing}: ${name} is set. Set a VPC and its private subnets together`,
  );
}

/** The prop that sets the same part as a construct. */
const constructProps = {
  vpcId: 'vpc',
  vpcSubnetIds: 'vpcSubnets',
  securityGroupIds: 'securityGroups',
} as const;

function assertSetOnce(props: NamedNetworkProps & NetworkProps): void {
  for (const name of Object.keys(constructProps) as (keyof typeof constructProps)[]) {
    const other = constructProps[name];
    if (props[name] === undefined || props[other] === undefined) continue;
    throwInvalid(name, props[name], `must not be set together with ${other}. Use one of them`);
  }
}
