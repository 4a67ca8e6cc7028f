import { Command } from 'commander';
import type { Flags } from '../actions/probe.ts';
import { addExamples, addJsonOption } from '../options.ts';
import type { CreateCommand } from './registry.ts';

/** Creates `chunkferry probe`. */
export const probeCommand: CreateCommand = (context, onEnd) => {
  const command = new Command()
    .description(
      'Asks TwelveLabs what its documents leave open: sends one small film of its own, compares what the service does with what Chunkferry assumes (docs/twelvelabs.md), and deletes the asset. Needs TWELVE_LABS_API_KEY, no stack and no AWS account.',
    )
    .option('--base-url <url>', 'another server with the same API, with /v1.3')
    .option('--yes', 'do not ask')
    .action(async (flags: Flags) => {
      const { probe } = await import('../actions/probe.ts');
      onEnd(await probe(flags, context));
    });
  return addExamples(addJsonOption(command), [
    ['probe', 'asks, sends 11 MiB, prints what holds'],
    ['probe --yes --json > probe.json', 'for a bug report: it has no key and no URL'],
  ]);
};
