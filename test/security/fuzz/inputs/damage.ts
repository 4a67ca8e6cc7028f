import fc from 'fast-check';
import { oddJson, oddName, oddNumber } from './odd-values.ts';

/** One change of a JSON value; `at` selects the place, modulo the number of places. */
export type Damage =
  | { readonly how: 'drop'; readonly at: number }
  | { readonly how: 'replace'; readonly at: number; readonly by: unknown }
  | { readonly how: 'swap'; readonly at: number; readonly other: number }
  | { readonly how: 'count'; readonly at: number; readonly by: number }
  | { readonly how: 'add'; readonly at: number; readonly name: string; readonly by: unknown };

const place = fc.nat({ max: 10_000 });

/** One to three damages. */
export const damages: fc.Arbitrary<readonly Damage[]> = fc.array(
  fc.oneof(
    fc.record({ how: fc.constant('drop' as const), at: place }),
    fc.record({ how: fc.constant('replace' as const), at: place, by: oddJson }),
    fc.record({ how: fc.constant('swap' as const), at: place, other: place }),
    fc.record({ how: fc.constant('count' as const), at: place, by: oddNumber }),
    fc.record({ how: fc.constant('add' as const), at: place, name: oddName, by: oddJson }),
  ),
  { minLength: 1, maxLength: 3 },
);

type Place = { readonly in: Record<string, unknown>; readonly name: string };

/** Returns a copy of the JSON value with all damages applied. */
export function damaged(value: unknown, ways: readonly Damage[]): unknown {
  const root = { whole: structuredClone(value) };
  for (const way of ways) applyDamage(placesFor(way, placesOf(root)), way);
  return root.whole;
}

function placesFor({ how }: Damage, places: readonly Place[]): readonly Place[] {
  const isCount = (one: Place) => typeof one.in[one.name] === 'number';
  return how === 'count' ? places.filter(isCount) : places;
}

function applyDamage(places: readonly Place[], way: Damage): void {
  const at = places[way.at % Math.max(1, places.length)];
  if (!at) return;
  if (way.how === 'drop') delete at.in[at.name];
  else if (way.how === 'swap') swap(at, places[way.other % places.length] as Place);
  else if (way.how === 'add') put(innerOf(at), way.name, way.by);
  else put(at.in, at.name, way.by);
}

function innerOf(at: Place): Record<string, unknown> {
  const inner = at.in[at.name];
  return isObject(inner) ? inner : at.in;
}

function swap(at: Place, other: Place): void {
  const [one, two] = [copyOf(at.in[at.name]), copyOf(other.in[other.name])];
  put(at.in, at.name, two);
  put(other.in, other.name, one);
}

/** Copies a value: a swap without copies could create a cycle. */
function copyOf(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return null;
  }
}

/** Sets a field as the JSON parser does: `__proto__` is an ordinary field. */
function put(into: Record<string, unknown>, name: string, value: unknown): void {
  const traits = { enumerable: true, configurable: true, writable: true };
  Object.defineProperty(into, name, { value, ...traits });
}

/** Returns every field of the first levels: inserted values may be very deep. */
function placesOf(root: Record<string, unknown>): Place[] {
  const found: Place[] = [];
  const visit = (value: Record<string, unknown>, depth: number) => {
    for (const name of Object.keys(value).slice(0, 60)) {
      found.push({ in: value, name });
      const inner = value[name];
      if (isObject(inner) && depth < 6) visit(inner, depth + 1);
    }
  };
  visit(root, 0);
  return found;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
