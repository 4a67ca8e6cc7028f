import { type Context, printJson, printNote, printResult } from '../context.ts';
import type { Ending } from '../exit-codes.ts';
import type { PlaceFlags } from '../options.ts';
import { fieldLines } from '../output/fields.ts';
import { explain, explanationFields } from '../transfers/explain-transfer.ts';
import { findTransfer } from '../transfers/find-transfer.ts';
import { openPlace } from '../transfers/place.ts';
import { transferJson } from '../transfers/transfer-view.ts';

export interface Flags extends PlaceFlags {
  readonly json?: boolean;
}

export async function why(name: string, flags: Flags, context: Context): Promise<Ending> {
  const place = await openPlace(flags, context);
  const now = context.clock.now();
  const details = await findTransfer(place, name, now);
  const explanation = explain(details, now, Boolean(flags.local));
  if (flags.json)
    printJson(context, { version: 1, ...transferJson(details.record), ...explanation });
  else {
    printNote(context, place.title);
    printResult(context, fieldLines(explanationFields(details, explanation, now)));
  }
  return 'done';
}
