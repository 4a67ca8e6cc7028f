import { setTimeout as delay } from 'node:timers/promises';
import { deployedDefinition } from '#local/state-machine/definition/deployed-definition.ts';
import { isFields, type StateFields } from '#local/state-machine/definition/states.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { FunctionName } from '#src/core/shared-with-infra/step-names.ts';

/** Calls a function with a state, and returns its answer. */
export type CallFunction = (name: FunctionName, state: unknown) => Promise<unknown>;

/**
 * Runs the deployed map over ranges: the calls of the state machine in their order, without the
 * interpreter, whose event log would cost more CPU than some chunks do. It knows what the map of a
 * transfer without failures uses.
 */
export interface RangeMap {
  run(state: StateFields, call: CallFunction): Promise<void>;
}

/**
 * Reads the map from the deployed definition.
 * @throws UnexpectedError - from `run`: the definition has a state or a path that this does not know
 */
export function readRangeMap(): RangeMap {
  const { definition, functions } = deployedDefinition();
  const states = Object.values(definition.States) as unknown as StateFields[];
  const map = states.find(({ Type }) => Type === 'Map');
  const processor = map?.ItemProcessor;
  if (!map || !isFields(processor)) throw unknown('the definition has no map');
  const names = new Map([...functions].map(([arn, { name }]) => [arn, name as FunctionName]));
  return {
    async run(state, call) {
      const queue = [...(read(state, map.ItemsPath) as unknown[])];
      const iterations = async () => {
        for (let item = queue.shift(); item; item = queue.shift())
          await iterate(processor, itemInput(map, state, item), names, call);
      };
      const atOnce = Number(read(state, map.MaxConcurrencyPath));
      await Promise.all(Array.from({ length: atOnce }, iterations));
    },
  };
}

function itemInput({ ItemSelector }: StateFields, state: StateFields, item: unknown): unknown {
  const entries = Object.entries(ItemSelector as Readonly<Record<string, unknown>>);
  return Object.fromEntries(
    entries.map(([name, path]) => [
      name.replace(/\.\$$/, ''),
      path === '$$.Map.Item.Value' ? item : read(state, path),
    ]),
  );
}

async function iterate(
  { StartAt, States }: StateFields,
  input: unknown,
  names: ReadonlyMap<string, FunctionName>,
  call: CallFunction,
): Promise<void> {
  let value = input;
  for (let name = String(StartAt); ; ) {
    const state = (States as Readonly<Record<string, StateFields>>)[name];
    if (!state) throw unknown(`state ${JSON.stringify(name)} is missing`);
    if (state.Type === 'Task') value = await call(functionOf(state, names), value);
    else if (state.Type === 'Wait')
      await delay(Number(read(value as StateFields, state.SecondsPath)) * 1000);
    else if (state.Type !== 'Choice' && state.End !== true)
      throw unknown(`state ${JSON.stringify(name)} is a ${state.Type}`);
    if (state.End === true || state.Type === 'Succeed') return;
    name = state.Type === 'Choice' ? choose(state, value as StateFields) : String(state.Next);
  }
}

function functionOf({ Resource }: StateFields, names: ReadonlyMap<string, FunctionName>) {
  const name = names.get(String(Resource));
  if (name) return name;
  throw unknown(`${JSON.stringify(Resource)} is no function`);
}

interface Choice {
  readonly Variable?: string;
  readonly StringEquals?: string;
  readonly Next: string;
}

function choose({ Choices, Default }: StateFields, state: StateFields): string {
  const chosen = (Choices as readonly Choice[]).find(({ Variable, StringEquals }) => {
    if (Variable === undefined || StringEquals === undefined)
      throw unknown('a Choice compares else');
    return read(state, Variable) === StringEquals;
  });
  return chosen?.Next ?? String(Default);
}

/** Reads a path of one field, such as `$.ranges`. */
function read(state: StateFields, path: unknown): unknown {
  const [, field] = /^\$\.(\w+)$/.exec(String(path)) ?? [];
  if (field === undefined) throw unknown(`${JSON.stringify(path)} is no path of one field`);
  return state[field];
}

function unknown(what: string): TransferError {
  return new TransferError(
    'UnexpectedError',
    `The bench cannot run the deployed map: ${what}. Extend bench/movers/map-state.ts`,
  );
}
