import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type Stack } from 'aws-cdk-lib';
import type { TransferStackProps } from '#infra/stacks/named-resource-props.ts';
import {
  SourceAccountStack,
  type SourceAccountStackProps,
} from '#infra/stacks/source-account-stack.ts';
import { TransferStack } from '#infra/stacks/transfer-stack.ts';
import cdk from '../cdk.json' with { type: 'json' };

/** The parts of a CloudFormation template that this project reads. */
export interface CloudFormationTemplate {
  readonly Resources: Readonly<Record<string, CloudFormationResource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
}

/** One resource of a template. */
export interface CloudFormationResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly DependsOn?: string | readonly string[];
}

/** The context of `cdk synth`, with each resource's construct path in its metadata, and without bundling. */
const context = {
  ...cdk.context,
  'aws:cdk:enable-path-metadata': true,
  'aws:cdk:bundling-stacks': [],
};

/** The stack traces and the tree of the constructs take a third of a synthesis. No template has them. */
const withoutExtras = { stackTraces: false, treeMetadata: false, analyticsReporting: false };

/**
 * Returns the template of the transfers' stack, in less than a second. It bundles nothing: only the
 * hashes of the functions' code differ from the output of `cdk synth`.
 * @throws ConfigurationError - a prop is invalid
 */
export function synthesizeTemplate(props: TransferStackProps = {}): CloudFormationTemplate {
  return synthesize((app) => new TransferStack(app, 'Chunkferry', props));
}

/**
 * Returns the template of the source account's stack.
 * @throws ConfigurationError - a prop is invalid
 */
export function synthesizeSourceAccount(props: SourceAccountStackProps): CloudFormationTemplate {
  return synthesize((app) => new SourceAccountStack(app, 'ChunkferrySource', props));
}

/** Returns the template of the stack that `build` creates. */
export function synthesize(build: (app: App) => Stack): CloudFormationTemplate {
  const outdir = mkdtempSync(join(tmpdir(), 'chunkferry-synth-'));
  try {
    const app = new App({ outdir, context, ...withoutExtras });
    const { artifactId } = build(app);
    return app.synth().getStackArtifact(artifactId).template;
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
