import { Command } from 'commander';
import { confirm } from '../confirm.ts';
import { type Context, jsonResult, note, result } from '../context.ts';
import { addConfigurationOptions, contextOf, type StackConfiguration } from '../context-options.ts';
import { type Deployed, deployStack, type Place } from '../deploy/deploy-stack.ts';
import type { Ending } from '../exit-codes.ts';
import { addExamples, addJsonOption } from '../options.ts';
import type { CreateCommand } from './registry.ts';

interface Flags extends StackConfiguration {
  readonly profile?: string;
  readonly region?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Creates `chunkferry deploy`. */
export const deployCommand: CreateCommand = (context, onEnd) => {
  const command = addConfigurationOptions(new Command())
    .description(
      'Deploys the stack, or changes it. Uses the CDK toolkit; the account and Region must be bootstrapped (npx cdk bootstrap). Prints account, Region and stack, and asks, before it changes anything.',
    )
    .option('--profile <name>', 'AWS profile (default: as the AWS CLI finds it)')
    .option('--region <region>', 'Region of the stack (default: as the AWS CLI finds it)')
    .option('-y, --yes', 'deploy without the question')
    .action(async (flags: Flags) => onEnd(await deploy(flags, context)));
  return addExamples(addJsonOption(command), [
    ['deploy --source-bucket my-videos', 'moves each new object of the bucket into TwelveLabs'],
    [
      'deploy --source-bucket my-videos -c suffixes=.mp4,.mov --yes',
      'only these files, without the question',
    ],
  ]);
};

async function deploy(flags: Flags, context: Context): Promise<Ending> {
  const { profile, region } = flags;
  const deployed = await deployStack({
    context: contextOf(flags),
    profile,
    region,
    progress: (line) => note(context, line),
    approve: (place) => approve(place, flags, context),
  });
  if (flags.json) jsonResult(context, { version: 1, ...deployed });
  else print(deployed, context);
  return 'done';
}

async function approve(place: Place, flags: Flags, context: Context): Promise<void> {
  const { stack, region, account } = place;
  await confirm(
    [
      `Stack ${stack} in ${region}, account ${account}`,
      'Creates or changes roles, functions, a state machine, a table and alarms.',
    ],
    flags,
    context,
  );
}

function print({ stack, outputs }: Deployed, context: Context): void {
  for (const [name, value] of Object.entries(outputs).sort()) result(context, `${name}  ${value}`);
  note(context, `Next: store the API key in the secret ${outputs.SecretArn}, and send the events`);
  note(
    context,
    'of each bucket to EventBridge. Then start an execution of the state machine with the',
  );
  note(context, `input {"preflight":true}, which checks the stack ${stack} and moves nothing.`);
}
