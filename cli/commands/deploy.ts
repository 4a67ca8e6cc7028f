import { Command } from 'commander';
import type { Flags } from '../actions/deploy.ts';
import { addConfigurationOptions } from '../context-options.ts';
import { addExamples, addJsonOption } from '../options.ts';
import type { CreateCommand } from './registry.ts';

/** Creates `chunkferry deploy`. */
export const deployCommand: CreateCommand = (context, onEnd) => {
  const command = addConfigurationOptions(new Command())
    .description(
      'Deploys the stack, or changes it. Uses the CDK toolkit; the account and Region must be bootstrapped (npx cdk bootstrap). Prints account, Region and stack, and asks, before it changes anything.',
    )
    .option('--profile <name>', 'AWS profile (default: as the AWS CLI finds it)')
    .option('--region <region>', 'Region of the stack (default: as the AWS CLI finds it)')
    .option('-y, --yes', 'deploy without the question')
    .action(async (flags: Flags) => {
      const { deploy } = await import('../actions/deploy.ts');
      onEnd(await deploy(flags, context));
    });
  return addExamples(addJsonOption(command), [
    ['deploy --source-bucket my-videos', 'moves each new object of the bucket into TwelveLabs'],
    [
      'deploy --source-bucket my-videos -c suffixes=.mp4,.mov --yes',
      'only these files, without the question',
    ],
  ]);
};
