import {
  type ISecurityGroup,
  type IVpc,
  SecurityGroup,
  type SubnetSelection,
} from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { NetworkProps } from './network-props.ts';

/** The network of all functions. */
export interface FunctionNetwork {
  readonly vpc: IVpc;
  readonly vpcSubnets?: SubnetSelection;
  readonly securityGroups: ISecurityGroup[];
}

/** Returns the network with the props' security groups or a new group; undefined without a VPC. */
export function createFunctionNetwork(
  scope: Construct,
  { vpc, vpcSubnets, securityGroups }: NetworkProps,
): FunctionNetwork | undefined {
  if (!vpc) return undefined;
  return {
    vpc,
    ...(vpcSubnets && { vpcSubnets }),
    securityGroups: securityGroups ? [...securityGroups] : [createGroup(scope, vpc)],
  };
}

/** Allows all outbound traffic, because upload hosts have no fixed addresses. */
function createGroup(scope: Construct, vpc: IVpc): ISecurityGroup {
  return new SecurityGroup(scope, 'Functions', {
    vpc,
    description: 'The functions of Chunkferry: outbound traffic only',
  }) as ISecurityGroup;
}
