import * as z from 'zod/mini';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { DestinationOptions, OptionRules } from '#src/core/transfer/transfer-options.ts';
import type { AnyDefinition, TransferOptionsForm } from './definition.ts';

/** The options of a destination that has none of its own. */
const noOptions: TransferOptionsForm = { schema: z.strictObject({}), fields: {} };

/** Returns how the options of one destination are read, and which options the others have. */
export function optionRulesOf(
  { kind, transferOptions = noOptions }: Pick<AnyDefinition, 'kind' | 'transferOptions'>,
  all: readonly Pick<AnyDefinition, 'kind' | 'transferOptions'>[],
): OptionRules {
  const kindsByName = new Map<string, string[]>();
  for (const one of all)
    for (const name of Object.keys(one.transferOptions?.fields ?? {}))
      kindsByName.set(name, [...(kindsByName.get(name) ?? []), one.kind]);
  const { schema, fields } = transferOptions;
  return { kind, names: Object.keys(fields), schema, kindsByName };
}

/**
 * Returns a transfer's options with the types of the destination's schema. InspectSource has checked them, so
 * an invalid option comes from an edited row.
 * @throws InvalidInputError - names the option
 */
export function readTransferOptions<T>(schema: z.ZodMiniType<T>, options: DestinationOptions): T {
  const parsed = z.safeParse(schema, options);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = issue?.path.map(String).join('.') || 'options';
  throw new TransferError('InvalidInputError', `Invalid option ${name}: ${issue?.message}.`);
}
