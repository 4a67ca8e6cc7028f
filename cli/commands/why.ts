import { Command } from 'commander';
import { type Context, jsonResult, note, result } from '../context.ts';
import type { Ending } from '../exit-codes.ts';
import { addExamples, addJsonOption, addPlaceOptions, type PlaceFlags } from '../options.ts';
import { fieldLines } from '../output/fields.ts';
import { explain, explanationFields } from '../transfers/explain-transfer.ts';
import { findTransfer } from '../transfers/find-transfer.ts';
import { openPlace } from '../transfers/place.ts';
import { transferJson } from '../transfers/transfer-view.ts';
import type { CreateCommand } from './registry.ts';

interface Flags extends PlaceFlags {
  readonly json?: boolean;
}

/** Creates `chunkferry why`. */
export const whyCommand: CreateCommand = (context, onEnd) => {
  const command = new Command()
    .description(
      'Explains why a transfer failed or waits: the step, the named error with its value, the last errors of its ranges with their chunks, the retries, and what the runbook says to do.',
    )
    .argument('<transfer>', 'its id, the beginning of its id, or s3://bucket/key')
    .action(async (name: string, flags: Flags) => onEnd(await why(name, flags, context)));
  addJsonOption(addPlaceOptions(command));
  return addExamples(command, [['why 0544e5e25392', 'what failed, and what to do']]);
};

async function why(name: string, flags: Flags, context: Context): Promise<Ending> {
  const place = await openPlace(flags, context);
  const now = context.clock.now();
  const details = await findTransfer(place, name, now);
  const explanation = explain(details, now, Boolean(flags.local));
  if (flags.json)
    jsonResult(context, { version: 1, ...transferJson(details.record), ...explanation });
  else {
    note(context, place.title);
    result(context, fieldLines(explanationFields(details, explanation, now)));
  }
  return 'done';
}
