import { Command } from 'commander';
import type { Flags } from '../actions/status.ts';
import { addExamples, addJsonOption, addPlaceOptions } from '../options.ts';
import type { CreateCommand } from './registry.ts';

/** Creates `chunkferry status`. */
export const statusCommand: CreateCommand = (context, onEnd) => {
  const command = new Command()
    .description(
      'Shows one transfer: what it does, how far it is, how fast, how long still. A URL is looked up in the index of transfers, up to 200 MB of it; an id is one read.',
    )
    .argument('<transfer>', 'its id, the beginning of its id, or s3://bucket/key')
    .action(async (name: string, flags: Flags) => {
      const { status } = await import('../actions/status.ts');
      onEnd(await status(name, flags, context));
    });
  addJsonOption(addPlaceOptions(command));
  return addExamples(command, [
    ['status 0544e5e25392', 'by the id that list shows'],
    ['status "s3://my-videos/archive/Final match.mp4"', 'by its object'],
  ]);
};
