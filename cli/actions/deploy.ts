import { confirm } from '../confirm.ts';
import { type Context, printJson, printNote, printResult } from '../context.ts';
import { contextOf, type StackConfiguration } from '../context-options.ts';
import { type Deployed, deployStack, type Place } from '../deploy/deploy-stack.ts';
import type { Ending } from '../exit-codes.ts';

export interface Flags extends StackConfiguration {
  readonly profile?: string;
  readonly region?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export async function deploy(flags: Flags, context: Context): Promise<Ending> {
  const { profile, region } = flags;
  const deployed = await deployStack({
    context: contextOf(flags),
    profile,
    region,
    progress: (line) => printNote(context, line),
    approve: (place) => approve(place, flags, context),
  });
  if (flags.json) printJson(context, { version: 1, ...deployed });
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
  for (const [name, value] of Object.entries(outputs).sort())
    printResult(context, `${name}  ${value}`);
  printNote(
    context,
    `Next: store the API key in the secret ${outputs.SecretArn}, and send the events`,
  );
  printNote(
    context,
    `of each bucket to EventBridge. Then run chunkferry doctor --stack ${stack}, which checks`,
  );
  printNote(context, 'the stack and moves nothing.');
}
