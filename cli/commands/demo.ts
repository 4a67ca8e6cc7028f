import { Command } from 'commander';
import { addDestinationOption } from '#local/commands/destination-options.ts';
import type { DemoFlags } from '../actions/demo.ts';
import { addExamples, addJsonOption } from '../options.ts';
import type { CreateCommand } from './registry.ts';

/** Creates `chunkferry demo`. */
export const demoCommand: CreateCommand = (context, onEnd) => {
  const command = addDestinationOption(new Command())
    .description(
      'Moves a file from a local S3 into a simulated service, with the same state machine and functions as the deployed stack, and compares the bytes that arrived. Needs no account and no key, and calls nothing outside this computer.',
    )
    .argument('[file]', 'a file of yours; the local S3 links it and makes no copy')
    .option(
      '--size <size>',
      'size of the generated file, if you name none (default: 256MiB for a film)',
    )
    .action(async (file: string | undefined, flags: DemoFlags) => {
      // The emulators are optional packages: without them, the help of this command still works.
      const { demo } = await import('../actions/demo.ts');
      onEnd(await demo(file, flags, context));
    });
  return addExamples(addJsonOption(command), [
    ['demo', 'moves a generated film of 256 MiB'],
    ['demo my.mp4 --destination seven-bridges', 'a file of yours, into another service'],
  ]);
};
