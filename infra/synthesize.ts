import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type Stack } from 'aws-cdk-lib';
import {
  SourceAccountStack,
  type SourceAccountStackProps,
} from '#infra/stacks/source-account-stack.ts';
import { TransferStack } from '#infra/stacks/transfer-stack.ts';
import type { TransferStackProps } from '#infra/stacks/transfer-stack-props.ts';
import cdk from '../cdk.json' with { type: 'json' };

/** A CloudFormation template as JSON, as far as its readers here care. */
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

/** As `cdk synth` sets it, with the construct of each resource named in its metadata, but bundling nothing. */
const context = {
  ...cdk.context,
  'aws:cdk:enable-path-metadata': true,
  'aws:cdk:bundling-stacks': [],
};

/**
 * The template of the stack that deploys, made in this process in well under a second: nothing is
 * bundled, so only the hashes of the functions' code differ from what `cdk synth` writes.
 * @throws ConfigurationError - a prop is out of its bounds
 */
export function synthesizeTemplate(props: TransferStackProps = {}): CloudFormationTemplate {
  return synthesize((app) => new TransferStack(app, 'Chunkferry', props));
}

/**
 * The template of the stack in a source account.
 * @throws ConfigurationError - a prop is wrong
 */
export function synthesizeSourceAccount(props: SourceAccountStackProps): CloudFormationTemplate {
  return synthesize((app) => new SourceAccountStack(app, 'ChunkferrySource', props));
}

/** The template of the one stack that `build` makes; `cdk synth` would write the same. */
export function synthesize(build: (app: App) => Stack): CloudFormationTemplate {
  const outdir = mkdtempSync(join(tmpdir(), 'chunkferry-synth-'));
  try {
    const app = new App({ outdir, context });
    const { artifactId } = build(app);
    return app.synth().getStackArtifact(artifactId).template;
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
