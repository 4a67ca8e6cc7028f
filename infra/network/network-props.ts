import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { z } from 'zod';
import { cdkObject, list } from '../configuration/fields.ts';
import { throwConfigurationError, throwInvalid } from '../configuration/invalid.ts';

/** The network that the functions run in. Its requirements are in docs/vpc.md. */
export const networkFields = {
  vpc: cdkObject<IVpc>('IVpc').optional().meta({
    description:
      'The VPC that every function runs in. See [docs/vpc.md](vpc.md) for what its subnets must reach.',
    default: 'none: the functions run outside any VPC and reach the internet directly',
  }),
  vpcSubnets: cdkObject<SubnetSelection>('SubnetSelection').optional().meta({
    description:
      'The subnets of that VPC. Public subnets are rejected: a function there cannot reach the internet.',
    default: 'the private subnets of the VPC',
  }),
  securityGroups: list(cdkObject<ISecurityGroup>('ISecurityGroup'), 'Omit it for a new group')
    .optional()
    .meta({
      description: 'The security groups of every function. They must allow TCP 443 outbound.',
      default: 'one new group, which allows all outbound and no inbound traffic',
    }),
};

export type NetworkProps = Readonly<z.input<z.ZodObject<typeof networkFields>>>;

/**
 * Checks the network's constructs together.
 * @throws ConfigurationError - a prop needs the VPC, or a selected subnet is public or missing
 */
export function checkNetwork({ vpc, vpcSubnets, securityGroups }: NetworkProps): void {
  if (vpc) {
    checkSubnets(vpc, vpcSubnets);
    return;
  }
  const [name] = Object.entries({ vpcSubnets, securityGroups }).find(([, value]) => value) ?? [];
  if (name) throwConfigurationError(`Missing vpc: ${name} is set. Set the VPC that it belongs to`);
}

function checkSubnets(vpc: IVpc, selection: SubnetSelection | undefined): void {
  const publicIds = new Set(vpc.publicSubnets.map(({ subnetId }) => subnetId));
  const publicId = selectedIds(vpc, selection).find((id) => publicIds.has(id));
  if (publicId === undefined) return;
  const must = 'must be private. A function in a public subnet cannot reach the internet';
  throwInvalid('vpcSubnets', publicId, must);
}

/** @throws ConfigurationError - with the first line of the CDK's own error, which lists the subnet groups */
function selectedIds(vpc: IVpc, selection: SubnetSelection | undefined): readonly string[] {
  try {
    return vpc.selectSubnets(selection).subnetIds;
  } catch (error) {
    const [line] = String((error as Error).message).split('\n');
    return throwInvalid('vpcSubnets', selection, `must select a subnet of the VPC. ${line}`);
  }
}
