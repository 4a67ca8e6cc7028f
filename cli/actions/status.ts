import { type Context, printJson, printNote, printResult } from '../context.ts';
import type { Ending } from '../exit-codes.ts';
import type { PlaceFlags } from '../options.ts';
import { fieldLines } from '../output/fields.ts';
import { detailsJson, fieldsOf } from '../transfers/describe-transfer.ts';
import { findTransfer } from '../transfers/find-transfer.ts';
import { openPlace } from '../transfers/place.ts';

export interface Flags extends PlaceFlags {
  readonly json?: boolean;
}

export async function status(name: string, flags: Flags, context: Context): Promise<Ending> {
  const place = await openPlace(flags, context);
  const now = context.clock.now();
  const details = await findTransfer(place, name, now);
  if (flags.json) printJson(context, { version: 1, ...detailsJson(details, now) });
  else {
    printNote(context, place.title);
    printResult(context, fieldLines(fieldsOf(details, now)));
  }
  return 'done';
}
