import { type Context, printJson, printNote, printResult } from '../context.ts';
import type { S3Pattern } from '../listing/s3-pattern.ts';
import {
  type Choice,
  type ChosenObjects,
  chooseObjects,
  type LeftOutObject,
} from './choose-objects.ts';
import { lineOf } from './list-lines.ts';
import type { ObjectItem } from './objects.ts';

/**
 * Returns the objects that URLs name. Lists those of patterns. An object that several URLs name is returned once.
 * @param openChoice - called only if there is a pattern
 */
export async function findObjects(
  named: readonly (ObjectItem | S3Pattern)[],
  openChoice: () => Promise<Choice>,
  context: Context,
): Promise<ChosenObjects> {
  const hasPattern = named.some((one) => 'matches' in one);
  const choice = hasPattern ? await openChoice() : undefined;
  const items = new Map<string, ObjectItem>();
  const leftOut: LeftOutObject[] = [];
  for (const one of named) {
    const found =
      'matches' in one && choice
        ? await chooseObjects(one, choice, context)
        : { items: [one as ObjectItem], leftOut: [] };
    for (const item of found.items) items.set(item.name, item);
    leftOut.push(...found.leftOut);
  }
  return { items: [...items.values()], leftOut };
}

/** What a call would start. */
interface Planned extends Pick<ChosenObjects, 'leftOut'> {
  readonly items: readonly Pick<ObjectItem, 'name' | 'sizeBytes'>[];
}

/** Prints what a call would start, as lines that `--list` reads, or as JSON. */
export function printPlan({ items, leftOut }: Planned, asJson: boolean, context: Context): void {
  const sources = items.map(({ name: source, sizeBytes }) => ({ source, sizeBytes }));
  if (asJson) printJson(context, { version: 1, dryRun: true, sources, leftOut });
  else if (items.length > 0) printResult(context, items.map(({ name }) => lineOf(name)).join('\n'));
  printNote(context, 'Dry run: nothing was started.');
}
