import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { apiPageFile, renderApiPage } from './api-page.ts';
import { dist, root } from './compile.ts';

/** The entry points of the package, by the names of their reports. */
const entries = { chunkferry: 'infra/index.d.ts', 'chunkferry-events': 'src/events/index.d.ts' };

/**
 * Compares the declarations of each entry point with its committed report in `packaging/api`,
 * and the page about them with API.md.
 * @param options - `write`: replaces the reports and the page
 * @returns false if one differs, after printing what to do
 */
export function compareApi({ write }: { readonly write: boolean }): boolean {
  const results = Object.entries(entries).map(([name, file]) => {
    const config = configOf(name, `${dist}/${file}`);
    return Extractor.invoke(config, { localBuild: write, showVerboseMessages: false });
  });
  const isEqual = results.every(({ succeeded }) => succeeded) && comparePage({ write });
  if (!isEqual)
    console.error(
      'The API differs from packaging/api or API.md. If the change is intended, run npm run check:package -- --write.',
    );
  return isEqual;
}

function comparePage({ write }: { readonly write: boolean }): boolean {
  const models = Object.keys(entries).map((name) => [name.replace('-', '/'), modelOf(name)]);
  const page = renderApiPage(Object.fromEntries(models));
  if (write) writeFileSync(apiPageFile, page);
  return existsSync(apiPageFile) && readFileSync(apiPageFile, 'utf8') === page;
}

/** The file of an entry point that API Extractor writes for other tools. */
function modelOf(name: string): string {
  return `${dist}/.api/${name}.api.json`;
}

function configOf(name: string, mainEntryPointFilePath: string): ExtractorConfig {
  const quiet = { default: { logLevel: ExtractorLogLevel.None } };
  return ExtractorConfig.prepare({
    packageJsonFullPath: `${root}package.json`,
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath,
      compiler: { overrideTsconfig: { compilerOptions } },
      apiReport: {
        enabled: true,
        reportFileName: name,
        reportFolder: `${root}packaging/api`,
        reportTempFolder: `${dist}/.api`,
        includeForgottenExports: true,
      },
      docModel: { enabled: true, apiJsonFilePath: modelOf(name) },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        compilerMessageReporting: quiet,
        extractorMessageReporting: quiet,
        tsdocMessageReporting: quiet,
      },
    },
  });
}

/** Of API Extractor's own compiler. */
const compilerOptions = {
  target: 'es2022',
  lib: ['es2024', 'esnext'],
  module: 'nodenext',
  moduleResolution: 'nodenext',
  types: ['node'],
  skipLibCheck: true,
};
