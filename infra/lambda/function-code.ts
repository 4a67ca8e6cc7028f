import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { NodejsFunctionProps } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { BuildOptions } from 'esbuild';
import { requireBanner } from './require-banner.ts';

/** The root of a checkout; in the published package, the folder of the compiled files. */
const root = fileURLToPath(new URL('../../', import.meta.url));

/** The folders of the bundles in the published package, below the compiled files. */
export const bundlesFolder = 'lambda';

/**
 * Modules of undici that the bundle omits, because undici requires them only on use: the alternative
 * parsers, and the web platform's classes for FormData bodies.
 */
const unusedModules = ['../milo/*', '../llhttp/llhttp-wasm.js', '../web/*'];

/**
 * The SDK's providers of credentials from files and commands of a computer. The SDK imports each when it
 * tries it. In Lambda, the role's credentials are in the environment, which it tries first.
 */
const computersProviders = ['ini', 'login', 'process', 'sso', 'web-identity'].map(
  (name) => `@aws-sdk/credential-provider-${name}`,
);

const bundleOptions: BuildOptions = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  // The bundler can drop unused code from a package's ES module.
  mainFields: ['module', 'main'],
  minify: true,
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
  // Everything else is bundled, also the AWS SDK, in the tested versions.
  external: [...unusedModules, ...computersProviders],
  banner: requireBanner,
};

/**
 * Returns the code of a function: the bundle of the published package, so that a synthesis there needs
 * no bundler. A checkout has no bundles, and bundles the handler's source at each synthesis.
 * @param folder - the folder of its handler below `functions/`
 */
export function functionCode(folder: string): NodejsFunctionProps {
  const bundle = `${root}${bundlesFolder}/${folder}`;
  const code = existsSync(bundle) ? Code.fromAsset(bundle) : bundledCode(folder);
  return { code, handler: 'index.handler' };
}

/**
 * Bundles in this process. The construct's own bundling would start npx for each function, which takes longer than
 * the bundler.
 */
function bundledCode(folder: string): Code {
  return Code.fromAsset(`${root}functions/${folder}`, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never used: bundling in this process needs no container.
      image: DockerImage.fromRegistry('none'),
      local: {
        tryBundle(outputFolder) {
          bundleHandler(folder, outputFolder);
          return true;
        },
      },
    },
  });
}

function bundleHandler(folder: string, outputFolder: string): void {
  // The published package has no esbuild.
  const { buildSync } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild');
  const entryPoints = [`${root}functions/${folder}/handler.ts`];
  buildSync({ ...bundleOptions, entryPoints, outfile: `${outputFolder}/index.mjs` });
}
