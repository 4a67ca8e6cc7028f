import { isTransferError } from '#src/core/errors/transfer-error.ts';
import {
  isCancelledByRequest,
  isOver,
  type TransferRecord,
} from '#src/core/transfer/transfer-row.ts';
import { type Context, printNote } from '../context.ts';
import type { ListedObject } from '../listing/list-objects.ts';
import type { S3Pattern } from '../listing/s3-pattern.ts';
import type { TransferTable } from '../transfers/transfer-table.ts';
import type { FindMoved } from './choose-objects.ts';
import type { LeftOut } from './object-rules.ts';

/**
 * Finds objects that need no start in the rows of a stack. Each is compared by its ETag: new content is moved. A
 * transfer to another destination does not count, such as to another project.
 * @param identity - the destination of the starts, as the rows name it
 */
export function findMovedIn(
  { search }: TransferTable,
  identity: string,
  context: Context,
): FindMoved {
  return async ({ bucket, prefix }: S3Pattern) => {
    const records = await search.underPrefix(bucket, prefix).catch((error: unknown) => {
      if (!isTransferError(error, 'InvalidInputError')) throw error;
      printNote(
        context,
        'The table has more transfers than are searched. Objects that were moved before are started too; the stack moves none of them again.',
      );
      return [];
    });
    const same = records.filter(({ destination }) => destination === identity);
    const known = Map.groupBy(same, ({ source }) => idOf(source));
    return (object) => reasonOf(known.get(idOf(object)) ?? []);
  };
}

function idOf({ key, etag, sizeBytes }: Pick<ListedObject, 'key' | 'etag' | 'sizeBytes'>): string {
  return JSON.stringify([key, etag, sizeBytes]);
}

function reasonOf(records: readonly TransferRecord[]): LeftOut | undefined {
  if (records.some(({ state }) => !isOver(state))) return 'moving';
  if (records.some(({ state }) => state === 'ready')) return 'moved';
  return records.some(isCancelledByRequest) ? 'cancelled' : undefined;
}
