import type * as z from 'zod/mini';
import { transferInputSchema } from '#src/step-support/input.ts';

export { transferInputSchema };

/** The input of an execution that moves one object. Every field but `bucket` and `key` is optional. */
export type TransferInput = Readonly<z.input<typeof transferInputSchema>>;
