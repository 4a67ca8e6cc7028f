import { Stack } from 'aws-cdk-lib';
import {
  type ISecurityGroup,
  type IVpc,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { describe, expect, it } from 'vitest';
import type { NetworkProps } from '#infra/network/network-props.ts';
import { Chunkferry } from '#infra/stacks/chunkferry.ts';
import type { TransferStackProps } from '#infra/stacks/named-resource-props.ts';
import { TransferStack } from '#infra/stacks/transfer-stack.ts';
import { synthesize, synthesizeTemplate } from '#infra/synthesize.ts';
import { stepNames } from '#src/core/shared-with-infra/step-names.ts';
import { errorOf, propertiesOf, resourcesFor, statementsOf, template } from '../deployed.ts';
import { inVpc, vpcTemplate } from '../rich-setup.ts';

/** Returns the template of a custom stack with a VPC. */
const ownVpc = (use: (vpc: IVpc, stack: Stack) => NetworkProps) =>
  synthesize((app) => {
    const stack = new Stack(app, 'Own');
    new Chunkferry(stack, 'Chunkferry', use(new Vpc(stack, 'Vpc') as IVpc, stack));
    return stack;
  });

interface VpcConfig {
  readonly SubnetIds: readonly unknown[];
  readonly SecurityGroupIds: readonly unknown[];
}

/** Returns the VPC configuration of Chunkferry's own functions. */
const configs = (of: ReturnType<typeof ownVpc>) =>
  propertiesOf('AWS::Lambda::Function', of)
    .filter(({ Architectures }) => String(Architectures) === 'arm64')
    .map(({ VpcConfig }) => VpcConfig as VpcConfig | undefined);

/** The steps, the reconciler, the dispatcher, and the function that sends failure notices. */
const functionCount = stepNames.length + 3;

describe('B16: a VPC', () => {
  it('is absent by default', () => {
    expect(configs(template)).toEqual(Array(functionCount).fill(undefined));
  });

  it('contains every function in its private subnets and one security group', () => {
    const all = configs(ownVpc((vpc) => ({ vpc })));
    expect(all).toHaveLength(functionCount);
    expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(JSON.stringify(all[0]?.SubnetIds)).toMatch(/VpcPrivateSubnet1/);
    expect(JSON.stringify(all[0]?.SubnetIds)).not.toMatch(/Public/);
  });

  it('has the subnets and the security groups of the props', () => {
    const all = configs(
      ownVpc((vpc, stack) => {
        return {
          vpc,
          vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS, onePerAz: true },
          securityGroups: [groupIn(vpc, stack)],
        };
      }),
    );
    for (const one of all) expect(JSON.stringify(one?.SecurityGroupIds)).toMatch(/Mine/);
  });

  it('has a new group that allows outbound traffic only', () => {
    const groups = propertiesOf('AWS::EC2::SecurityGroup', vpcTemplate());
    expect(groups).toMatchObject([
      { SecurityGroupEgress: [{ CidrIp: '0.0.0.0/0', IpProtocol: '-1' }] },
    ]);
    expect(groups[0]).not.toHaveProperty('SecurityGroupIngress');
  });

  it('is set by the ids of its parts', () => {
    const groups = ['sg-0123456789abcdef0'];
    const all = configs(synthesizeTemplate({ ...inVpc, securityGroupIds: groups }));
    expect(all).toEqual(
      Array(functionCount).fill({ SubnetIds: inVpc.vpcSubnetIds, SecurityGroupIds: groups }),
    );
  });

  it.each(stepNames)('allows Lambda to create the network interfaces of %s', (step) => {
    const statements = statementsOf(step, vpcTemplate());
    expect(resourcesFor('ec2:CreateNetworkInterface', statements)).toEqual(['*']);
    expect(resourcesFor('ec2:CreateNetworkInterface', statementsOf(step))).toEqual([]);
  });
});

const lineOf = (message: string) => `ConfigurationError: ${message}`;

const groupIn = (vpc: IVpc, stack: Stack) =>
  new SecurityGroup(stack, 'Mine', { vpc }) as ISecurityGroup;

describe('a network fails on one line when', () => {
  it.each<[string, (vpc: IVpc, stack: Stack) => NetworkProps, string]>([
    [
      'subnets are set without a VPC',
      () => ({ vpcSubnets: { subnetType: SubnetType.PUBLIC } }),
      'Missing vpc: vpcSubnets is set. Set the VPC',
    ],
    [
      'groups are set without a VPC',
      (vpc, stack) => ({ securityGroups: [groupIn(vpc, stack)] }),
      'Missing vpc: securityGroups is set.',
    ],
    [
      'its list of groups is empty',
      (vpc) => ({ vpc, securityGroups: [] }),
      'Invalid securityGroups []: must have at least one entry',
    ],
    [
      'a subnet is public',
      (vpc) => ({ vpc, vpcSubnets: { subnetType: SubnetType.PUBLIC } }),
      'Invalid vpcSubnets',
    ],
    [
      'it selects an unknown subnet',
      (vpc) => ({ vpc, vpcSubnets: { subnetGroupName: 'Nowhere' } }),
      'Invalid vpcSubnets {"subnetGroupName":"Nowhere"}: must select a subnet of the VPC. There are no subnet groups with name \'Nowhere\'',
    ],
  ])('%s', (_, props, message) => {
    const line = errorOf(() => ownVpc(props));
    expect(line).toContain(lineOf(message));
    expect(line).not.toContain('\n');
  });

  it.each<[TransferStackProps, string]>([
    [{ vpcId: 'vpc-1' }, 'Invalid vpcId "vpc-1": must look like vpc-0123456789abcdef0'],
    [{ vpcId: 'vpc-01234567' }, 'Missing vpcSubnetIds: vpcId is set. Set a VPC and its private'],
    [{ vpcSubnetIds: ['subnet-01234567'] }, 'Missing vpcId: vpcSubnetIds is set. Set a VPC and'],
    [
      { securityGroupIds: ['sg-01234567'] },
      'Missing vpcId: securityGroupIds is set. Set a VPC and',
    ],
    [
      { ...inVpc, vpcSubnetIds: ['vpc-01234567'] },
      'Invalid vpcSubnetIds[0] "vpc-01234567": must look like subnet-',
    ],
    [{ ...inVpc, vpcSubnetIds: [] }, 'Invalid vpcSubnetIds []: must have at least one entry'],
    [
      { ...inVpc, securityGroupIds: ['default'] },
      'Invalid securityGroupIds[0] "default": must look like sg-',
    ],
  ])('its ids are %o', (props, message) => {
    expect(errorOf(() => synthesizeTemplate(props))).toContain(lineOf(message));
  });

  it('a VPC is set both as a construct and by its id', () => {
    const make = () =>
      synthesize((app) => {
        const vpc = new Vpc(new Stack(app, 'Own'), 'Vpc') as IVpc;
        return new TransferStack(app, 'Chunkferry', { ...inVpc, vpc });
      });
    expect(errorOf(make)).toContain(
      `Invalid vpcId "${inVpc.vpcId}": must not be set together with vpc. Use one of them`,
    );
  });
});
