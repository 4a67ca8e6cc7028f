import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type Stack } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, describe, expect, it } from 'vitest';
import { SourceAccountStack } from '#infra/stacks/source-account-stack.ts';
import { TransferStack } from '#infra/stacks/transfer-stack.ts';
import { inVpc, richProps, richSourceAccount } from '../rich-setup.ts';

const outdir = mkdtempSync(join(tmpdir(), 'chunkferry-nag-'));
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

/** Returns the pack's findings without a recorded reason. */
function findings(build: (app: App) => Stack): string[] {
  const app = new App({ outdir, context: { 'aws:cdk:bundling-stacks': [] } });
  build(app);
  const { violations = [] } = new AwsSolutionsChecks(app).validateScope(app);
  return violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`),
  );
}

/** Returns the acknowledged findings of a stack, with their reasons. */
function acknowledged(stack: Stack): [string, string][] {
  return stack.node
    .findAll()
    .flatMap(({ node }) =>
      node.metadata
        .filter(({ type }) => type === 'aws:cdk:acknowledged-rules')
        .flatMap(({ data }) => Object.entries(data as Record<string, string>)),
    );
}

const makers: [string, (app: App) => Stack][] = [
  ['transfers', (app) => new TransferStack(app, 'Chunkferry', richProps)],
  [
    'transfers of an organization',
    (app) => new TransferStack(app, 'Chunkferry', { ...richProps, organizationId: 'o-abcdefghij' }),
  ],
  ['transfers in a VPC', (app) => new TransferStack(app, 'Chunkferry', inVpc)],
  ['a source account', (app) => new SourceAccountStack(app, 'Source', richSourceAccount)],
];

describe.each(makers)("cdk-nag's AwsSolutions pack over the stack of %s", (_, build) => {
  it('has no finding without a reason', () => {
    expect(findings(build)).toEqual([]);
  });

  it('has a complete sentence as the reason of each finding', () => {
    const app = new App({ outdir, context: { 'aws:cdk:bundling-stacks': [] } });
    const all = acknowledged(build(app));
    expect(all.length).toBeGreaterThan(0);
    expect(all.filter(([, reason]) => !/^[A-Z].{30,}\.$/.test(reason))).toEqual([]);
  });
});
