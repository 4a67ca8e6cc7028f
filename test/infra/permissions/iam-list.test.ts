import {
  AccountPrincipal,
  ManagedPolicy,
  PolicyStatement,
  type Role,
  ServicePrincipal,
  User,
} from 'aws-cdk-lib/aws-iam';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, it } from 'vitest';
import { TransferStack } from '#infra/stacks/transfer-stack.ts';
import {
  type CloudFormationTemplate,
  synthesize,
  synthesizeSourceAccount,
  synthesizeTemplate,
} from '#infra/synthesize.ts';
import { sourceAccountSetups, transferSetups } from '../rich-setup.ts';
import type { Entry } from './iam-entries.ts';
import { iamList } from './iam-list.ts';
import { readTypes, rolesWorn } from './iam-list-roles.ts';
import { type Grant, grantsIn, rolesWornIn } from './policies.ts';

/** By the setup that each was made for. */
const templates: Readonly<Record<string, CloudFormationTemplate>> = Object.fromEntries([
  ...Object.entries(transferSetups).map(([name, props]) => [
    `transfers: ${name}`,
    synthesizeTemplate(props),
  ]),
  ...Object.entries(sourceAccountSetups).map(([name, props]) => [
    `source account: ${name}`,
    synthesizeSourceAccount(props),
  ]),
]);

/** What each template lets anybody do. */
const setups: Readonly<Record<string, readonly Grant[]>> = Object.fromEntries(
  Object.entries(templates).map(([name, template]) => [name, grantsIn(template)]),
);

const needed = new Set(Object.values(setups).flat().map(lineOf));
const listed = new Map(
  Object.entries(iamList).flatMap(([holder, entries]) =>
    entries.flatMap((entry) =>
      grantsOf(holder, entry).map((grant) => [lineOf(grant), entry] as const),
    ),
  ),
);

/** One grant as a line that a person can read and compare. */
function lineOf({ holder, effect, principal, action, resource, condition }: Grant): string {
  const parts = [
    `${holder}: ${effect} ${action}`,
    principal && `to ${principal}`,
    resource && `on ${resource}`,
    condition && condition !== '{}' && `when ${condition}`,
  ];
  return parts.filter(Boolean).join(' ');
}

function grantsOf(holder: string, { may, on, who, when, never }: Entry): Grant[] {
  const whos: readonly (string | undefined)[] = who ?? [undefined];
  const ons: readonly (string | undefined)[] = on ?? [undefined];
  return may.split(', ').flatMap((action) =>
    whos.flatMap((principal) =>
      ons.map((resource) => ({
        holder,
        effect: never ? 'Deny' : 'Allow',
        action,
        ...(principal !== undefined && { principal }),
        ...(resource !== undefined && { resource }),
        ...(when && { condition: JSON.stringify(when, sortedKeys) }),
      })),
    ),
  );
}

function sortedKeys(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What a template may do beyond the list, with what to do about it. */
function beyondList(grants: readonly Grant[]): string[] {
  const lines = new Set(grants.map(lineOf).filter((line) => !listed.has(line)));
  return [...lines].map(
    (line) =>
      `${line}\n  is not in the list (test/infra/permissions/iam-list.ts, iam-list-resources.ts). Take it out of infra/, or narrow it; where the code needs it, add it to the list, and say why if it has a wildcard.`,
  );
}

/** A wildcard that IAM would read as one; `${*}` is a star itself. */
function isWild({ may, on = [], who = [], when = {} }: Entry): boolean {
  const texts = [may, ...on, ...who, JSON.stringify(when)];
  return texts.some((text) => /[*?]/.test(text.replaceAll(/\$\{[*?]\}/g, '')));
}

describe('the list of who may do what', () => {
  it.each(Object.entries(setups))('has all that is allowed with %s', (_, grants) => {
    expect(grants.length).toBeGreaterThan(3);
    expect(beyondList(grants)).toEqual([]);
  });

  it('has nothing that no template needs', () => {
    const unneeded = [...listed.keys()].filter((line) => !needed.has(line));
    expect(
      unneeded.map(
        (line) =>
          `${line}\n  is in no template. Take it out of the list (test/infra/permissions/iam-list.ts, iam-list-resources.ts); if it forbids or has a condition, find out first who took it out of infra/.`,
      ),
    ).toEqual([]);
  });

  it('says why where something has a wildcard, and nowhere else', () => {
    const all = Object.entries(iamList).flatMap(([holder, entries]) =>
      entries.map((entry) => ({ holder, ...entry })),
    );
    const unexplained = all.filter((entry) => isWild(entry) && !entry.why);
    expect(unexplained.map(({ holder, may }) => `${holder}: ${may}`)).toEqual([]);
    const explained = all.filter((entry) => !isWild(entry) && entry.why);
    expect(explained.map(({ holder, may }) => `${holder}: ${may}`)).toEqual([]);
  });

  it.each(Object.entries(setups))('loses nothing that forbids with %s', (_, grants) => {
    const holders = new Set(grants.map(({ holder }) => holder));
    const forbidden = Object.entries(iamList)
      .filter(([holder]) => holders.has(holder))
      .flatMap(([holder, entries]) =>
        entries.filter(({ never }) => never).flatMap((entry) => grantsOf(holder, entry)),
      );
    const present = new Set(grants.map(lineOf));
    expect(forbidden.map(lineOf).filter((line) => !present.has(line))).toEqual([]);
  });
});

describe('the list of who acts with which role', () => {
  it('is what the templates say, of all setups together', () => {
    const worn = new Set(Object.values(templates).flatMap(rolesWornIn));
    expect([...worn].sort()).toEqual([...rolesWorn].sort());
  });

  it('tells of a function that acts with the role of another', () => {
    const template = synthesize((app) => {
      const stack = new TransferStack(app, 'Chunkferry');
      const { AwaitAsset, SendChunks } = stack.chunkferry.functions;
      (AwaitAsset.node.defaultChild as CfnFunction).role = SendChunks.role?.roleArn ?? '';
      return stack;
    });
    expect(rolesWornIn(template).filter((line) => !rolesWorn.includes(line))).toEqual([
      'Chunkferry/AwaitAsset: Chunkferry/SendChunks/ServiceRole.Arn',
    ]);
  });
});

it('no template has a kind of resource whose permissions are not read', () => {
  const types = Object.values(templates).flatMap(({ Resources }) =>
    Object.values(Resources).map(({ Type }) => Type),
  );
  expect([...new Set(types)].sort()).toEqual([...readTypes].sort());
});

describe('the reading of a template tells of', () => {
  /** What is beyond the list once somebody has added to the stack. */
  function beyondWith(add: (stack: TransferStack) => void): string {
    const template = synthesize((app) => {
      const stack = new TransferStack(app, 'Chunkferry');
      add(stack);
      return stack;
    });
    return beyondList(grantsIn(template)).join('\n');
  }

  const anything = new PolicyStatement({ actions: ['s3:*'], resources: ['*'] });

  it.each<[string, (stack: TransferStack) => void, string]>([
    [
      'one more action of a function',
      ({ chunkferry }) => chunkferry.functions.AwaitAsset.addToRolePolicy(anything.copy()),
      'Chunkferry/AwaitAsset/ServiceRole: Allow s3:* on *',
    ],
    [
      'a managed policy by its ARN',
      (stack) =>
        new User(stack, 'Somebody', {
          managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('ReadOnlyAccess')],
        }),
      'Somebody: Allow all of a managed policy on arn:<AWS::Partition>:iam::aws:policy/ReadOnlyAccess',
    ],
    [
      'a policy that is attached from outside',
      (stack) =>
        new ManagedPolicy(stack, 'More', {
          statements: [anything.copy()],
          users: [new User(stack, 'Somebody')],
        }),
      'Somebody: Allow s3:* on *',
    ],
    [
      "a resource's policy",
      (stack) => {
        const queue = new Queue(stack, 'Queue');
        const statement = new PolicyStatement({ actions: ['sqs:SendMessage'], resources: ['q'] });
        statement.addAnyPrincipal();
        queue.addToResourcePolicy(statement);
      },
      'Queue: Allow sqs:SendMessage to AWS * on q',
    ],
    [
      'one who may call a function',
      ({ chunkferry }) =>
        chunkferry.functions.SendChunks.addPermission('Anybody', {
          principal: new ServicePrincipal('apigateway.amazonaws.com'),
        }),
      'SendChunks: Allow lambda:InvokeFunction to Service apigateway.amazonaws.com',
    ],
    [
      'one who may become a role',
      ({ chunkferry }) =>
        (chunkferry.functions.SendChunks.role as Role).assumeRolePolicy?.addStatements(
          new PolicyStatement({
            actions: ['sts:AssumeRole'],
            principals: [new AccountPrincipal('999988887777')],
          }),
        ),
      'Chunkferry/SendChunks/ServiceRole: Allow sts:AssumeRole to AWS arn:<AWS::Partition>:iam::999988887777:root',
    ],
  ])('%s', (_, add, line) => {
    expect(beyondWith(add)).toContain(line);
  });

  it('a condition that was taken away', () => {
    const grants = Object.values(setups).flat();
    const conditional = grants.filter(({ condition }) => condition !== undefined);
    const bare = conditional.map(({ condition, ...grant }) => grant);
    expect(beyondList(bare)).toHaveLength(new Set(bare.map(lineOf)).size);
  });

  it('a policy that is written as text, by refusing it', () => {
    const PolicyDocument = '{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}';
    const Rest = { Type: 'AWS::Logs::ResourcePolicy', Properties: { PolicyDocument } };
    expect(() => grantsIn({ Resources: { Rest } })).toThrow('a policy is written as text');
  });

  it('a statement that it can not judge, by refusing it', () => {
    const PolicyDocument = {
      Statement: [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }],
    };
    const Rest = { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument } };
    expect(() => grantsIn({ Resources: { Rest } })).toThrow('a statement has NotAction');
  });
});
