import { tableKeys } from '#src/core/shared-with-infra/table-keys.ts';

/** An attribute's value as DynamoDB sends it, such as `{ S: 'film' }`. */
export type MarshalledValue = Readonly<Record<string, unknown>>;
export type MarshalledItem = Readonly<Record<string, MarshalledValue>>;

const writeUnitBytes = 1024;

/** DynamoDB's overhead of a list or a map, and of each of its elements (DynamoDB item sizes, 2026). */
const collectionBytes = 3;
const elementBytes = 1;

/** Returns the size of an item as DynamoDB counts it: names and values. */
export function itemBytes(item: MarshalledItem): number {
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value),
    0,
  );
}

function valueBytes(marshalled: MarshalledValue): number {
  const [[type, value] = ['NULL', null]] = Object.entries(marshalled);
  switch (type) {
    case 'S':
      return Buffer.byteLength(String(value));
    case 'N':
      return Math.ceil(String(value).replace(/\D/g, '').length / 2) + 1;
    case 'B':
      return Buffer.byteLength(String(value), 'base64');
    case 'L':
      return elementsBytes(value as MarshalledValue[]);
    case 'M':
      return (
        itemBytes(value as MarshalledItem) +
        collectionBytes +
        elementBytes * Object.keys(value as object).length
      );
    case 'SS':
      return (value as string[]).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    default:
      return 1;
  }
}

function elementsBytes(values: readonly MarshalledValue[]): number {
  return values.reduce((sum, value) => sum + valueBytes(value) + elementBytes, collectionBytes);
}

/** Returns the write units of an item of a size; a write of nothing takes one. */
export function writeUnitsOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / writeUnitBytes));
}

/**
 * Returns the write units of the table's indexes for one write (DynamoDB guide, write capacity of global
 * secondary indexes): one write for an item that enters, leaves or changes, two if its key in the index
 * changes, none if the item is not in the index or nothing changes.
 */
export function indexWriteUnits(
  before: MarshalledItem | undefined,
  after: MarshalledItem | undefined,
): number {
  const { stateIndex, outboxIndex } = tableKeys;
  return [stateIndex, outboxIndex].reduce(
    (sum, index) => sum + unitsOfIndex([index.partitionKey, index.sortKey], before, after),
    0,
  );
}

function unitsOfIndex(
  key: readonly string[],
  before: MarshalledItem | undefined,
  after: MarshalledItem | undefined,
): number {
  const old = entryOf(key, before);
  const fresh = entryOf(key, after);
  if (!old && !fresh) return 0;
  const units = (item: MarshalledItem) => writeUnitsOf(itemBytes(item));
  if (!old || !fresh) return units((old ?? fresh) as MarshalledItem);
  if (JSON.stringify(old) === JSON.stringify(fresh)) return 0;
  const isSameKey = key.every((name) => JSON.stringify(old[name]) === JSON.stringify(fresh[name]));
  return isSameKey ? Math.max(units(old), units(fresh)) : units(old) + units(fresh);
}

/** Returns the item if it has the index's key; an item without it is not in the index. */
function entryOf(
  key: readonly string[],
  item: MarshalledItem | undefined,
): MarshalledItem | undefined {
  return item && key.every((name) => item[name] !== undefined) ? item : undefined;
}
