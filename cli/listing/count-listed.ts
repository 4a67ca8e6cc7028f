import { type Context, printNote } from '../context.ts';
import { counted } from '../output/words.ts';

/** Objects between two lines about the progress of a list. */
const listedPerLine = 50_000;

/** Returns a function that takes how many objects are listed so far, and notes it now and then. */
export function noteListed(context: Context): (listed: number) => void {
  let next = listedPerLine;
  return (listed) => {
    if (listed < next) return;
    next = listed + listedPerLine;
    printNote(context, `${counted(listed, 'object')} listed so far.`);
  };
}
