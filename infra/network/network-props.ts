import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { refuse, refuseValue } from '../refuse.ts';

/** Where the functions run: outside any VPC, unless one is given. See docs/vpc.md. */
export interface NetworkProps {
  /**
   * The VPC that every function runs in. From its subnets, the service and its upload hosts must be
   * reached through a NAT gateway or a proxy, and AWS's own services there or by endpoints.
   * @default none: the functions run outside any VPC and reach the internet by themselves
   */
  readonly vpc?: IVpc;
  /**
   * The subnets of that VPC. Public ones lead no function to the internet and are refused.
   * @default its private subnets
   */
  readonly vpcSubnets?: SubnetSelection;
  /**
   * The security groups of every function. They must allow TCP 443 to the outside.
   * @default one new group, which allows all outbound and no inbound traffic
   */
  readonly securityGroups?: readonly ISecurityGroup[];
}

/** @throws ConfigurationError - a prop without the VPC, an empty list, or public or no subnets */
export function checkNetwork({ vpc, vpcSubnets, securityGroups }: NetworkProps): void {
  if (!vpc) {
    const [prop] = Object.entries({ vpcSubnets, securityGroups }).find(([, value]) => value) ?? [];
    if (prop) refuse('Chunkferry', `${prop} is set without vpc; give the VPC that it belongs to`);
    return;
  }
  if (securityGroups?.length === 0) {
    const advice = 'must have at least one entry. Or leave securityGroups out for a new group';
    refuseValue('securityGroups', securityGroups, advice);
  }
  checkSubnets(vpc, vpcSubnets);
}

function checkSubnets(vpc: IVpc, selection: SubnetSelection | undefined): void {
  const selected = select(vpc, selection);
  const publicIds = new Set(vpc.publicSubnets.map(({ subnetId }) => subnetId));
  const open = selected.find((id) => publicIds.has(id));
  if (open === undefined) return;
  const reason = "a function in a public subnet can't reach the internet. Use private subnets";
  refuseValue('vpcSubnets', open, reason);
}

/** The CDK's own error says which names there are. */
function select(vpc: IVpc, selection: SubnetSelection | undefined): readonly string[] {
  try {
    return vpc.selectSubnets(selection).subnetIds;
  } catch (error) {
    const [line] = String((error as Error).message).split('\n');
    return refuse('Chunkferry', `vpcSubnets selects no subnet of the VPC: ${line}`);
  }
}
