import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { dist, root } from './compile.ts';

/** The entry points of the package, by the names of their reports. */
const entries = { chunkferry: 'infra/index.d.ts', 'chunkferry-events': 'src/events/index.d.ts' };

/**
 * Compares the declarations of each entry point with its committed report in `packaging/api`.
 * @param options - `write`: replaces the reports
 * @returns false if a report differs, after printing what to do
 */
export function compareApi({ write }: { readonly write: boolean }): boolean {
  const results = Object.entries(entries).map(([name, file]) => {
    const config = configOf(name, `${dist}/${file}`);
    return Extractor.invoke(config, { localBuild: write, showVerboseMessages: false });
  });
  const isEqual = results.every(({ succeeded }) => succeeded);
  if (!isEqual)
    console.error(
      'The API differs from packaging/api. If the change is intended, run npm run check:package -- --write.',
    );
  return isEqual;
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
      docModel: { enabled: true, apiJsonFilePath: `${dist}/.api/${name}.api.json` },
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
