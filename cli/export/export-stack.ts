import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '#infra/create-app.ts';
import { makeFolder } from '#local/make-folder.ts';
import { renderCommandsPage, renderTerraformModule } from './commands-page.ts';
import { zipFolder } from './zip-folder.ts';

/** What an export has written. */
export interface Exported {
  readonly stack: string;
  /** The files, below the folder. */
  readonly files: readonly string[];
}

interface Template {
  Resources: Record<string, { Type: string; Properties?: Record<string, unknown> }>;
  Parameters?: Record<string, unknown>;
  Rules?: Record<string, unknown>;
}

/**
 * Writes the stack's template, the functions' bundles as zip files, and how to deploy them without the
 * CDK. The template names the zip files by their paths, as `aws cloudformation package` expects.
 * @param folder - created if it does not exist; files of an earlier export are replaced
 * @throws ConfigurationError - the context is invalid
 */
export async function exportStack(
  context: Readonly<Record<string, string>>,
  folder: string,
): Promise<Exported> {
  const outdir = mkdtempSync(join(tmpdir(), 'chunkferry-export-'));
  try {
    const [artifact] = createApp({ outdir, context }).synth().stacks;
    if (!artifact) throw new Error('The app has no stack');
    const template: Template = JSON.parse(readFileSync(artifact.templateFullPath, 'utf8'));
    await makeFolder(join(folder, 'functions'));
    const zips = await zipFunctions(template, outdir, folder);
    withoutBootstrap(template);
    const { stackName: stack } = artifact;
    const texts = {
      'template.json': `${JSON.stringify(template, null, 1)}\n`,
      'README.md': renderCommandsPage(stack),
      'main.tf': renderTerraformModule(stack),
    };
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
    return { stack, files: [...Object.keys(texts), ...zips] };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** Zips the bundle of each function and sets its path as the function's code. */
async function zipFunctions(
  { Resources }: Template,
  outdir: string,
  folder: string,
): Promise<string[]> {
  const zips: string[] = [];
  for (const [id, { Type, Properties }] of Object.entries(Resources)) {
    const { S3Key } = (Properties?.Code ?? {}) as { S3Key?: string };
    if (Type !== 'AWS::Lambda::Function' || !Properties || !S3Key) continue;
    const zip = `functions/${id}.zip`;
    await zipFolder(join(outdir, `asset.${S3Key.replace(/\.zip$/, '')}`), join(folder, zip));
    Properties.Code = zip;
    zips.push(zip);
  }
  return zips;
}

/** Removes what only the CDK needs: the version of its bootstrap stack. */
function withoutBootstrap(template: Template): void {
  delete template.Parameters?.BootstrapVersion;
  delete template.Rules?.CheckBootstrapVersion;
  for (const section of ['Parameters', 'Rules'] as const)
    if (Object.keys(template[section] ?? {}).length === 0) delete template[section];
}
