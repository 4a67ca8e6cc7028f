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
} from '#infra/synthesize.ts';
import { sourceAccountSetups, transferSetups, transferTemplate } from '../rich-setup.ts';
import type { Entry } from './iam-entries.ts';
import { iamList } from './iam-list.ts';
import { readTypes, rolesInUse } from './iam-list-roles.ts';
import { type Grant, grantsIn, rolesUsedIn } from './policies.ts';

/** The template of each setup. */
const templates: Readonly<Record<string, CloudFormationTemplate>> = Object.fromEntries([
  ...Object.keys(transferSetups).map((name) => [`transfers: ${name}`, transferTemplate(name)]),
  ...Object.entries(sourceAccountSetups).map(([name, props]) => [
    `source account: ${name}`,
    synthesizeSourceAccount(props),
  ]),
]);

/** The grants in each template. */
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

/** Returns a grant as a readable line. */
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

/** Returns the grants that the list lacks, each with what to do. */
function beyondList(grants: readonly Grant[]): string[] {
  const lines = new Set(grants.map(lineOf).filter((line) => !listed.has(line)));
  return [...lines].map(
    (line) =>
      `${line}\n  is not in the list (test/infra/permissions/iam-list.ts, iam-list-resources.ts). Remove it from infra/, or narrow it. If the code needs it, add it to the list, with a reason for a wildcard.`,
  );
}

/** True for a wildcard that IAM expands; `${*}` is a literal star. */
function isWild({ may, on = [], who = [], when = {} }: Entry): boolean {
  const texts = [may, ...on, ...who, JSON.stringify(when)];
  return texts.some((text) => /[*?]/.test(text.replaceAll(/\$\{[*?]\}/g, '')));
}

describe('the list of permissions', () => {
  it.each(Object.entries(setups))(
    'contains every permission of the templates with %s',
    (_, grants) => {
      expect(grants.length).toBeGreaterThan(3);
      expect(beyondList(grants)).toEqual([]);
    },
  );

  it('contains no permission that every template lacks', () => {
    const unneeded = [...listed.keys()].filter((line) => !needed.has(line));
    expect(
      unneeded.map(
        (line) =>
          `${line}\n  is in no template. Remove it from the list (test/infra/permissions/iam-list.ts, iam-list-resources.ts). If it is a denial or has a condition, first find out who removed it from infra/.`,
      ),
    ).toEqual([]);
  });

  it('has a reason for each wildcard, and for nothing else', () => {
    const all = Object.entries(iamList).flatMap(([holder, entries]) =>
      entries.map((entry) => ({ holder, ...entry })),
    );
    const unexplained = all.filter((entry) => isWild(entry) && !entry.why);
    expect(unexplained.map(({ holder, may }) => `${holder}: ${may}`)).toEqual([]);
    const explained = all.filter((entry) => !isWild(entry) && entry.why);
    expect(explained.map(({ holder, may }) => `${holder}: ${may}`)).toEqual([]);
  });

  it.each(Object.entries(setups))('contains every denial of the templates with %s', (_, grants) => {
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

describe('the list of roles in use', () => {
  it('equals the roles in the templates of all setups', () => {
    const used = new Set(Object.values(templates).flatMap(rolesUsedIn));
    expect([...used].sort()).toEqual([...rolesInUse].sort());
  });

  it('detects a function that uses the role of another function', () => {
    const template = synthesize((app) => {
      const stack = new TransferStack(app, 'Chunkferry');
      const { AwaitAsset, SendChunks } = stack.chunkferry.functions;
      (AwaitAsset.node.defaultChild as CfnFunction).role = SendChunks.role?.roleArn ?? '';
      return stack;
    });
    expect(rolesUsedIn(template).filter((line) => !rolesInUse.includes(line))).toEqual([
      'Chunkferry/AwaitAsset: Chunkferry/SendChunks/ServiceRole.Arn',
    ]);
  });
});

it('the reader covers every type of resource in the templates', () => {
  const types = Object.values(templates).flatMap(({ Resources }) =>
    Object.values(Resources).map(({ Type }) => Type),
  );
  expect([...new Set(types)].sort()).toEqual([...readTypes].sort());
});

describe('the reader of a template detects', () => {
  const anything = new PolicyStatement({ actions: ['s3:*'], resources: ['*'] });

  const changes: readonly [string, (stack: TransferStack) => void, string][] = [
    [
      'one more action of a function',
      ({ chunkferry }) => chunkferry.functions.AwaitAsset.addToRolePolicy(anything.copy()),
      'Chunkferry/AwaitAsset/ServiceRole: Allow s3:* on *',
    ],
    [
      'a managed policy by its ARN',
      (stack) =>
        new User(stack, 'Reader', {
          managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('ReadOnlyAccess')],
        }),
      'Reader: Allow all of a managed policy on arn:<AWS::Partition>:iam::aws:policy/ReadOnlyAccess',
    ],
    [
      'a policy that is attached from outside',
      (stack) =>
        new ManagedPolicy(stack, 'More', {
          statements: [anything.copy()],
          users: [new User(stack, 'OtherUser')],
        }),
      'OtherUser: Allow s3:* on *',
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
  ];

  /** The grants beyond the list after all changes of one stack. No line contains another one. */
  const beyond = beyondList(
    grantsIn(
      synthesize((app) => {
        const stack = new TransferStack(app, 'Chunkferry');
        for (const [, change] of changes) change(stack);
        return stack;
      }),
    ),
  );

  it.each(changes)('%s', (_, __, line) => {
    expect(beyond.filter((grant) => grant.includes(line))).not.toEqual([]);
  });

  it('nothing else in the changed stack', () => {
    const lines = changes.map(([, , line]) => line);
    expect(beyond.filter((grant) => !lines.some((line) => grant.includes(line)))).toEqual([]);
  });

  it('a removed condition', () => {
    const grants = Object.values(setups).flat();
    const conditional = grants.filter(({ condition }) => condition !== undefined);
    const bare = conditional.map(({ condition, ...grant }) => grant);
    expect(beyondList(bare)).toHaveLength(new Set(bare.map(lineOf)).size);
  });

  it('a policy that is text, by an error', () => {
    const PolicyDocument = '{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}';
    const Rest = { Type: 'AWS::Logs::ResourcePolicy', Properties: { PolicyDocument } };
    expect(() => grantsIn({ Resources: { Rest } })).toThrow('unsupported policy as text');
  });

  it('a statement that it cannot read, by an error', () => {
    const PolicyDocument = {
      Statement: [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }],
    };
    const Rest = { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument } };
    expect(() => grantsIn({ Resources: { Rest } })).toThrow('unsupported field NotAction');
  });
});
