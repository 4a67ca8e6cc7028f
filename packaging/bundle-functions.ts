import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { bundlesFolder, functionCode } from '#infra/lambda/function-code.ts';

/** The folders of all functions; `functions/runtime` is what they share. */
const handlers = readdirSync('functions').filter((folder) => folder !== 'runtime');

/**
 * Bundles each function as a synthesis of a checkout does, and copies the bundles.
 * @param dist - the folder of the compiled files
 */
export function bundleFunctions(dist: string): void {
  const outdir = mkdtempSync(join(tmpdir(), 'chunkferry-bundles-'));
  try {
    const context = { 'aws:cdk:enable-asset-metadata': true };
    const stack = new Stack(new App({ outdir, context }), 'Functions');
    for (const folder of handlers) {
      const resource = bundled(stack, folder);
      cpSync(join(outdir, assetOf(resource)), join(dist, bundlesFolder, folder), {
        recursive: true,
      });
    }
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function bundled(stack: Stack, folder: string): NodejsFunction {
  return new NodejsFunction(stack, folder, {
    ...functionCode(folder),
    runtime: Runtime.NODEJS_24_X,
  });
}

/** Returns the folder of a function's bundle below the output of the synthesis. */
function assetOf({ node }: NodejsFunction): string {
  const resource = node.defaultChild as { cfnOptions?: { metadata?: Record<string, string> } };
  const path = resource.cfnOptions?.metadata?.['aws:asset:path'];
  if (!path) throw new Error(`The synthesis bundled nothing for ${node.path}`);
  return basename(path);
}
