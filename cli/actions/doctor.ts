import { definitionOfStack } from '#local/doctor/checked-stack.ts';
import { examineStack } from '#local/doctor/examine-stack.ts';
import { reportOf } from '#local/doctor/report.ts';
import { type Context, printJson, printNote, printResult } from '../context.ts';
import type { Ending } from '../exit-codes.ts';
import type { PlaceFlags } from '../options.ts';
import { findStack, placeOf } from '../stack/deployed-stack.ts';

export interface Flags extends PlaceFlags {
  readonly json?: boolean;
}

export async function doctor(flags: Flags, context: Context): Promise<Ending> {
  const stack = await findStack(flags, context.env);
  const checked = {
    preflightArn: stack.output('PreflightStateMachineArn'),
    secretArn: stack.output('SecretArn'),
    definition: definitionOfStack(stack.name, stack.optionalOutput('Destination')),
  };
  printNote(context, placeOf(stack));
  printNote(context, `Running the preflight ${checked.preflightArn}`);
  context.onInterrupt(() => 'Interrupted. The preflight ends by itself; it moves nothing.');
  const { groups, failed, report } = await examineStack(checked, {
    clients: stack.clients,
    clock: context.clock,
    again: 'Fix this, then run chunkferry doctor again.',
    print: (line) => printNote(context, line),
  });
  if (flags.json) printJson(context, { version: 1, ...report });
  else printResult(context, reportOf(groups));
  return failed === 0 ? 'done' : 'failed';
}
