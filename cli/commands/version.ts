import { Command } from 'commander';
import { printJson, printResult } from '../context.ts';
import { addJsonOption } from '../options.ts';
import { readManifest } from '../package-manifest.ts';
import type { CreateCommand } from './registry.ts';

/** Creates `chunkferry version`. */
export const versionCommand: CreateCommand = (context, onEnd) =>
  addJsonOption(new Command())
    .description('Prints the version of this program, and of the Node.js that runs it.')
    .action(({ json }: { readonly json?: boolean }) => {
      const { version } = readManifest();
      const node = process.versions.node;
      if (json) printJson(context, { version: 1, chunkferry: version, node });
      else printResult(context, `chunkferry ${version}, Node.js ${node}`);
      onEnd('done');
    });
