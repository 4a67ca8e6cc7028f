import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { refuse, refuseValue } from '../refuse.ts';
import type { NetworkProps } from './network-props.ts';

/** An existing network by the ids of its parts. */
export interface NamedNetworkProps {
  /** Id of the VPC that every function runs in, with `vpcSubnetIds`. */
  readonly vpcId?: string | undefined;
  /** Ids of private subnets of that VPC. */
  readonly vpcSubnetIds?: readonly string[] | undefined;
  /**
   * Ids of the functions' security groups.
   * @default one new group
   */
  readonly securityGroupIds?: readonly string[] | undefined;
}

/** How the ids begin, each with 8 or 17 hexadecimal digits after it. */
const idStarts = { vpcId: 'vpc-', vpcSubnetIds: 'subnet-', securityGroupIds: 'sg-' } as const;

/**
 * The network of these ids. Nothing is looked up at synth.
 * @throws ConfigurationError - an id of another form, a part without the other, or a part that is also
 *   given as a construct
 */
export function namedNetwork(
  scope: Construct,
  props: NamedNetworkProps & NetworkProps,
): NetworkProps {
  const { vpcId, vpcSubnetIds, securityGroupIds } = props;
  assertGivenOnce(props);
  checkIds('vpcId', vpcId === undefined ? undefined : [vpcId]);
  checkIds('vpcSubnetIds', vpcSubnetIds);
  checkIds('securityGroupIds', securityGroupIds);
  if (!vpcId || !vpcSubnetIds) {
    const ids = { vpcId, vpcSubnetIds, securityGroupIds };
    const [given] = Object.entries(ids).find(([, value]) => value !== undefined) ?? [];
    if (given === undefined) return {};
    return refuse(
      'Chunkferry',
      `${given} is set without ${vpcId ? 'vpcSubnetIds' : 'vpcId'}; a VPC and its private subnets are given together`,
    );
  }
  const vpc = Vpc.fromVpcAttributes(scope, 'Vpc', {
    vpcId,
    // The CDK wants as many zones as subnets; nothing here selects by zone.
    availabilityZones: vpcSubnetIds.map((_, index) => `zone-${index}`),
    privateSubnetIds: [...vpcSubnetIds],
  });
  const groups = securityGroupIds?.map((id) => SecurityGroup.fromSecurityGroupId(scope, id, id));
  return { vpc, ...(groups && { securityGroups: groups }) };
}

/** The construct that each id stands for. */
const constructs = {
  vpcId: 'vpc',
  vpcSubnetIds: 'vpcSubnets',
  securityGroupIds: 'securityGroups',
} as const;

function assertGivenOnce(props: NamedNetworkProps & NetworkProps): void {
  for (const name of Object.keys(constructs) as (keyof typeof constructs)[]) {
    const other = constructs[name];
    if (props[name] === undefined || props[other] === undefined) continue;
    refuseValue(name, props[name], `must not be set together with ${other}. Use one of them`);
  }
}

function checkIds(name: keyof typeof idStarts, ids: readonly string[] | undefined): void {
  const start = idStarts[name];
  if (ids?.length === 0) refuseValue(name, ids, 'must have at least one entry');
  const wrong = ids?.find((id) => !new RegExp(`^${start}([0-9a-f]{8}|[0-9a-f]{17})$`).test(id));
  if (wrong === undefined) return;
  refuseValue(name, wrong, `must look like ${start}0123456789abcdef0`);
}
