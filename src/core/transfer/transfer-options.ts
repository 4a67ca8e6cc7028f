import * as z from 'zod/mini';
import { priorities } from '#src/core/queue/queue.ts';

/** The options of one transfer that belong to its destination, as the destination's schema returned them. */
export type DestinationOptions = Readonly<Record<string, unknown>>;

/** The options of every destination. */
const commonOptions = {
  filename: z.optional(z.string()),
  /** Whether to ingest an object version again that is already an asset. */
  force: z.optional(z.boolean()),
  /** Which queued transfers start first. Default: `live`. */
  priority: z.optional(z.enum(priorities)),
};

/** The names of the options of every destination. */
export const commonOptionNames: readonly string[] = Object.keys(commonOptions);

/**
 * The options of a start, as the state of an execution and the transfer's row contain them: one map with the
 * common options and those of the destination, which a transfer keeps for its whole life.
 */
export const transferOptionsSchema = z.looseObject(commonOptions);

export type TransferOptions = Readonly<z.infer<typeof transferOptionsSchema>>;

/** How the options of one destination are read from the input of a start. */
export interface OptionRules {
  /** The kind of the destination, for messages. */
  readonly kind: string;
  /** The names of its options. */
  readonly names: readonly string[];
  /** Checks and completes its options. */
  readonly schema: z.ZodMiniType<DestinationOptions>;
  /** The kinds of the destinations that have an option, by its name. */
  readonly kindsByName: ReadonlyMap<string, readonly string[]>;
}

/** Returns the options that are not common to all destinations. */
export function destinationOptionsOf({
  filename: _filename,
  force: _force,
  priority: _priority,
  ...options
}: TransferOptions): DestinationOptions {
  return options;
}
