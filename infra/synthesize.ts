import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import cdk from '../cdk.json' with { type: 'json' };
import { TransferStack, type TransferStackProps } from './transfer-stack.ts';

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
  const outdir = mkdtempSync(join(tmpdir(), 'chunkferry-synth-'));
  try {
    const app = new App({ outdir, context });
    const { artifactId } = new TransferStack(app, 'Chunkferry', props);
    return app.synth().getStackArtifact(artifactId).template;
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
