import type { S3Client } from '@aws-sdk/client-s3';
import { formatBytes } from '#local/terminal/size.ts';
import { CommandError } from '../command-error.ts';
import { type Context, printNote } from '../context.ts';
import { noteListed } from '../listing/count-listed.ts';
import { type ListedObject, listObjects } from '../listing/list-objects.ts';
import type { S3Pattern } from '../listing/s3-pattern.ts';
import { counted } from '../output/words.ts';
import type { LeftOut, ObjectRules } from './object-rules.ts';
import type { ObjectItem } from './objects.ts';

/** Objects that one call starts. More would need more memory than a small machine has. */
const mostObjects = 100_000;

/** The objects of a pattern, and those that are left out. */
export interface ChosenObjects {
  readonly items: readonly ObjectItem[];
  readonly leftOut: readonly LeftOutObject[];
}

/** A listed object that is not started. */
export interface LeftOutObject {
  readonly source: string;
  readonly reason: LeftOut;
}

/** Returns why an object needs no start: it was moved, moves now, or was cancelled. */
export type FindMoved = (
  pattern: S3Pattern,
) => Promise<(object: ListedObject) => LeftOut | undefined>;

/** How objects are listed and chosen. */
export interface Choice {
  readonly client: S3Client;
  readonly rulesFor: (bucket: string) => ObjectRules;
  readonly findMoved: FindMoved;
}

/**
 * Lists the objects of a pattern, and chooses those to start.
 * @throws CommandError - the list is not readable, has no object, or has too many
 */
export async function chooseObjects(
  pattern: S3Pattern,
  { client, rulesFor, findMoved }: Choice,
  context: Context,
): Promise<ChosenObjects> {
  const rules = rulesFor(pattern.bucket);
  const reasonInRows = await findMoved(pattern);
  const reasonOf = (object: ListedObject) => rules.rejects(object) ?? reasonInRows(object);
  const pages = listObjects(client, { ...pattern, requestPayer: rules.requestPayer });
  const { items, leftOut } = await sortPages(pages, pattern, reasonOf, context);
  noteLeftOut(leftOut, rules, context);
  if (items.length === 0) assertReason(pattern.url, leftOut);
  return { items, leftOut };
}

/**
 * Sorts the listed objects of a pattern into those to start and those left out.
 * @throws CommandError - too many to start
 */
async function sortPages(
  pages: AsyncIterable<readonly ListedObject[]>,
  { url, bucket, matches }: S3Pattern,
  reasonOf: (object: ListedObject) => LeftOut | undefined,
  context: Context,
): Promise<ChosenObjects> {
  const items: ObjectItem[] = [];
  const leftOut: LeftOutObject[] = [];
  const noteProgress = noteListed(context);
  let listed = 0;
  for await (const page of pages) {
    for (const object of page.filter(({ key }) => matches(key))) {
      const { key, sizeBytes } = object;
      const name = `s3://${bucket}/${key}`;
      const reason = reasonOf(object);
      if (reason) leftOut.push({ source: name, reason });
      else items.push({ name, bucket, key, sizeBytes });
    }
    if (items.length > mostObjects) throw tooManyError(url);
    listed += page.length;
    noteProgress(listed);
  }
  return { items, leftOut };
}

/** Objects that a line names. */
const mostNamed = 3;

/** Notes how many objects are left out, and why, with some names. */
function noteLeftOut(
  leftOut: readonly LeftOutObject[],
  { service }: ObjectRules,
  context: Context,
): void {
  for (const [reason, objects] of Map.groupBy(leftOut, (one) => one.reason)) {
    const names = objects.slice(0, mostNamed).map(({ source }) => source);
    const rest = objects.length - names.length;
    const more = rest > 0 ? ` and ${rest.toLocaleString('en-US')} more` : '';
    const why = reasons[reason].replace('the service', service);
    printNote(
      context,
      `Leaves out ${counted(objects.length, 'object')} ${why}: ${names.join(', ')}${more}`,
    );
  }
}

const reasons: Readonly<Record<LeftOut, string>> = {
  empty: 'without content',
  filters: 'by the filters of the sources of the stack',
  type: 'that the service does not take by their extensions',
  'too-large': 'larger than the service takes',
  archived: 'in an archive class, to be restored first',
  moved: 'moved before',
  moving: 'moving or queued now',
  cancelled: 'whose transfer was cancelled',
};

/** @throws CommandError - the pattern has no object, or none that can be moved */
function assertReason(url: string, leftOut: readonly LeftOutObject[]): void {
  if (leftOut.some(({ reason }) => reason === 'moved' || reason === 'moving')) return;
  throw new CommandError(
    'notFound',
    leftOut.length === 0
      ? `No object in ${JSON.stringify(url)}. Check the prefix: it is case-sensitive and begins after the bucket's name.`
      : `No object to move in ${JSON.stringify(url)}: each was left out. Name an object by its whole URL to start it nevertheless.`,
  );
}

function tooManyError(url: string): CommandError {
  return new CommandError(
    'usage',
    `Too many objects in ${JSON.stringify(url)}: one call starts at most ${mostObjects.toLocaleString('en-US')}. Use a longer prefix, and one call for each.`,
  );
}

/** Returns how many transfers start, and how many bytes their listed objects have. */
export function startLine(items: readonly ObjectItem[]): string {
  if (items.length === 0) return 'Nothing to start.';
  const listed = items.filter(({ sizeBytes }) => sizeBytes !== undefined);
  const bytes = listed.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0);
  const size =
    listed.length === items.length
      ? formatBytes(bytes)
      : `${formatBytes(bytes)} in the ${counted(listed.length, 'listed object')}`;
  return `Starts ${counted(items.length, 'transfer')}${listed.length === 0 ? '' : `, ${size}`}.`;
}
