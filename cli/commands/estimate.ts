import { Command } from 'commander';
import { addDestinationOption } from '#local/commands/destination-options.ts';
import { addLoadOptions, addStackBounds, type EstimateFlags } from '../estimate/estimate-flags.ts';
import { addExamples, addJsonOption } from '../options.ts';
import type { CreateCommand } from './registry.ts';

/** Creates `chunkferry estimate`. */
export const estimateCommand: CreateCommand = (context, onEnd) => {
  const command = new Command()
    .description(
      'Estimates the bill, by line, and the time before anything moves: for --bytes and --objects without a call, or for the objects under an S3 prefix, which are listed. The prices are those of AWS pages on the printed dates, never verified against the price list of AWS.',
    )
    .action(async (source: string | undefined, flags: EstimateFlags) => {
      const { run } = await import('../actions/estimate.ts');
      onEnd(await run(source, flags, context));
    });
  addJsonOption(addStackBounds(addDestinationOption(addLoadOptions(command))));
  return addExamples(command, [
    ['estimate --bytes 3TB --objects 2000', 'an archive of 3 TB'],
    ['estimate s3://my-videos/archive/', 'the objects under a prefix'],
    ['estimate --bytes 3TB --objects 2000 --host-region other', 'into a host in another Region'],
  ]);
};
