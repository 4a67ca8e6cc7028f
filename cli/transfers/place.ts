import type { Context } from '../context.ts';
import type { PlaceFlags } from '../options.ts';
import { type DeployedStack, findStack, placeOf } from '../stack/deployed-stack.ts';
import { openTransferTable, type TransferTable } from './transfer-table.ts';

/** Where a command works: a deployed stack, or the local runs of this computer. */
export interface Place {
  /** One line that names the place. */
  readonly title: string;
  /** The deployed stack; undefined for local runs. */
  readonly stack?: DeployedStack | undefined;
  /** The tables of the place, opened one at a time. */
  tables(): AsyncGenerator<TransferTable>;
}

/** Opens the place that the options choose. */
export async function openPlace(flags: PlaceFlags, context: Context): Promise<Place> {
  const { env, clock } = context;
  if (flags.local) {
    const { openLocalTables, stateHomeOf } = await import('./local-tables.ts');
    const folder = stateHomeOf(flags, env);
    return { title: `Local runs in ${folder}`, tables: () => openLocalTables(folder, context) };
  }
  const stack = await findStack(flags, env);
  const table = openTransferTable(stack.clients, stack.output('TableName'), clock);
  return {
    title: placeOf(stack),
    stack,
    async *tables() {
      yield table;
    },
  };
}
