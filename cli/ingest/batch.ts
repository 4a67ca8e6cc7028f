import type { Runtime } from '#src/core/errors/error-lookup.ts';
import type { Context } from '../context.ts';
import { describeError, type EndingError } from '../describe-error.ts';
import type { Ending } from '../exit-codes.ts';
import type { BatchDisplay } from './batch-display.ts';

/** How one source of a batch ended. */
export interface ItemEnd {
  /** Such as `ready`, `already-ingested`, `failed`, `not-started`. `unknown`: it was started and continues. */
  readonly status: string;
  readonly isGood: boolean;
  readonly assetId?: string | undefined;
  readonly transferId?: string | undefined;
  readonly execution?: string | undefined;
  /** The name of the error, and what it says. */
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
  /** Whether another run moves the same content. */
  readonly isBusy?: boolean;
}

/** One source of a batch. */
export interface Item {
  /** The name that the user gave, or the path of a file in a folder. */
  readonly name: string;
  /** What it does now; undefined before its start and after its end. */
  line?: string | undefined;
  /** A log shows the line again when this changes. Default: the line itself. */
  sign?: string | undefined;
  bytesPerSecond?: number | undefined;
  /** Whether anything of it was begun. */
  isBegun?: boolean;
  /** The execution of the stack that moves it, from before its start: the reply may be lost. */
  execution?: string | undefined;
  end?: ItemEnd | undefined;
}

/** Runs one source and returns its end; undefined if a signal came before. Calls `update` when `line` changed. */
export type RunItem<T extends Item> = (item: T, update: () => void) => Promise<ItemEnd | undefined>;

/** The status of a source that has not ended. */
export const unfinished = 'left';

/** Errors that the next source would meet as well: no further source is begun. */
const lasting: readonly Ending[] = ['denied', 'credentials', 'version', 'notFound', 'disk'];

/**
 * Runs all sources, at most `parallel` at once. A failed source does not stop the others, unless they would fail
 * for the same reason.
 * @param options - the runtime whose next steps the errors have, and the signal that ends the batch
 */
export async function runBatch<T extends Item>(
  items: readonly T[],
  parallel: number,
  run: RunItem<T>,
  display: BatchDisplay,
  { signal, runtime }: Pick<Context, 'signal'> & { readonly runtime: Runtime },
): Promise<void> {
  const waiting = [...items];
  let stopped: ItemEnd | undefined;
  const endOf = (item: T) =>
    run(item, () => display.update(item)).catch((error: unknown) => {
      const failure = describeError(error, runtime);
      if (isLasting(failure)) stopped ??= notStarted(failure);
      return failedEnd(item, failure);
    });
  const worker = async () => {
    for (let item = waiting.shift(); item && !signal.aborted; item = waiting.shift()) {
      item.end = stopped ?? (await endOf(item));
      item.line = undefined;
      item.bytesPerSecond = undefined;
      if (item.end) display.ended(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, items.length) }, worker));
}

function isLasting({ ending }: EndingError): boolean {
  return lasting.includes(ending);
}

function notStarted({ line }: EndingError): ItemEnd {
  return { status: 'not-started', isGood: false, cause: line };
}

/** Returns the end of a source whose run failed. */
function failedEnd({ execution, isBegun }: Item, failure: EndingError): ItemEnd {
  const { line: cause } = failure;
  // The stack does not end with this program, nor does a start whose reply was lost.
  if (execution) return { status: 'unknown', isGood: false, execution, cause };
  if (isLasting(failure) || !isBegun) return notStarted(failure);
  return { status: 'failed', isGood: false, cause };
}

/** Returns the sources by how they ended: `2 ready, 1 failed`. The counts add up to all. */
export function countsOf(items: readonly Item[]): string {
  const counts = new Map<string, number>();
  for (const { end } of items) {
    const status = end?.status ?? unfinished;
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  return countsText(counts);
}

/** Returns counts by status as `2 ready, 1 failed`. */
export function countsText(counts: ReadonlyMap<string, number>): string {
  const present = [...counts].filter(([, count]) => count > 0);
  return present.map(([status, count]) => `${count} ${status}`).join(', ');
}
