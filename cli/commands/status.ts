import { Command } from 'commander';
import { type Context, jsonResult, note, result } from '../context.ts';
import type { Ending } from '../exit-codes.ts';
import { addExamples, addJsonOption, addPlaceOptions, type PlaceFlags } from '../options.ts';
import { fieldLines } from '../output/fields.ts';
import { detailsJson, fieldsOf } from '../transfers/describe-transfer.ts';
import { findTransfer } from '../transfers/find-transfer.ts';
import { openPlace } from '../transfers/place.ts';
import type { CreateCommand } from './registry.ts';

interface Flags extends PlaceFlags {
  readonly json?: boolean;
}

/** Creates `chunkferry status`. */
export const statusCommand: CreateCommand = (context, onEnd) => {
  const command = new Command()
    .description(
      'Shows one transfer: what it does, how far it is, how fast, how long still. A URL is looked up in the index of transfers, up to 200 MB of it; an id is one read.',
    )
    .argument('<transfer>', 'its id, the beginning of its id, or s3://bucket/key')
    .action(async (name: string, flags: Flags) => onEnd(await status(name, flags, context)));
  addJsonOption(addPlaceOptions(command));
  return addExamples(command, [
    ['status 0544e5e25392', 'by the id that list shows'],
    ['status "s3://my-videos/archive/Final match.mp4"', 'by its object'],
  ]);
};

async function status(name: string, flags: Flags, context: Context): Promise<Ending> {
  const place = await openPlace(flags, context);
  const now = context.clock.now();
  const details = await findTransfer(place, name, now);
  if (flags.json) jsonResult(context, { version: 1, ...detailsJson(details, now) });
  else {
    note(context, place.title);
    result(context, fieldLines(fieldsOf(details, now)));
  }
  return 'done';
}
