import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Code } from 'aws-cdk-lib/aws-lambda';
import {
  type BundlingOptions,
  LogLevel,
  type NodejsFunctionProps,
  OutputFormat,
} from 'aws-cdk-lib/aws-lambda-nodejs';

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

const bundling: BundlingOptions = {
  format: OutputFormat.ESM,
  target: 'node24',
  // The bundler can drop unused code from a package's ES module.
  mainFields: ['module', 'main'],
  minify: true,
  sourceMap: true,
  sourcesContent: false,
  logLevel: LogLevel.WARNING,
  // An explicit list also bundles the AWS SDK, in the tested versions.
  externalModules: [...unusedModules, ...computersProviders],
  // Some dependencies call require, which ES modules lack.
  banner:
    "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
};

/**
 * Returns the code of a function: the bundle of the published package, so that a synthesis there needs
 * no bundler. A checkout has no bundles, and bundles the handler's source at each synthesis.
 * @param folder - the folder of its handler below `functions/`
 */
export function functionCode(folder: string): NodejsFunctionProps {
  const bundle = `${root}${bundlesFolder}/${folder}`;
  if (existsSync(bundle)) return { code: Code.fromAsset(bundle), handler: 'index.handler' };
  return {
    entry: `${root}functions/${folder}/handler.ts`,
    projectRoot: root,
    depsLockFilePath: `${root}package-lock.json`,
    bundling,
  };
}
