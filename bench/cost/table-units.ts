import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closeServer, listenOnLoopback } from '#local/emulators/loopback.ts';
import { createItemReader, type ItemReader } from './item-reader.ts';
import { indexWriteUnits, itemBytes, type MarshalledItem, writeUnitsOf } from './item-units.ts';

/** Billed units of a table on demand. */
export interface TableUnits {
  readonly writeUnits: number;
  /** Write units of the table's indexes. */
  readonly indexWriteUnits: number;
  readonly readUnits: number;
  /** Calls by operation. */
  readonly calls: Readonly<Record<string, number>>;
}

/** A table at its own URL that counts the units of every call. */
export interface CountingTable {
  readonly url: string;
  units(): Promise<TableUnits>;
  close(): Promise<void>;
}

interface Request {
  readonly TableName?: string;
  readonly Key?: MarshalledItem;
  readonly Item?: MarshalledItem;
  readonly ConsistentRead?: boolean;
}

interface Reply {
  readonly ConsumedCapacity?: { readonly CapacityUnits: number };
}

const reads = new Set(['GetItem', 'Query']);
const writes = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);
/** Kept between client and table: who calls, what for, and the format. */
const forwardedHeaders = ['x-amz-target', 'x-amz-date', 'authorization', 'content-type'];

/**
 * Starts a proxy in front of a table. It requests the consumed capacity of each call. The emulator does not
 * report index writes: they follow from the item before and after the call.
 */
export async function startCountingTable(tableUrl: string): Promise<CountingTable> {
  const units = { writeUnits: 0, indexWriteUnits: 0, readUnits: 0 };
  const calls: Record<string, number> = {};
  const items = createItemReader(tableUrl);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
    const body: Request = JSON.parse(Buffer.concat(await request.toArray()).toString());
    calls[operation] = (calls[operation] ?? 0) + 1;
    const isWrite = writes.has(operation);
    const before = isWrite ? await items.read(body) : undefined;
    const reply = await forward(tableUrl, request, operation, body);
    if (isWrite) await countWrite(items, body, before, reply);
    else if (reads.has(operation)) units.readUnits += readUnitsOf(body, reply.json);
    response.writeHead(reply.status, reply.headers).end(reply.text);
  }

  async function countWrite(
    reader: ItemReader,
    body: Request,
    before: MarshalledItem | undefined,
    reply: Forwarded,
  ): Promise<void> {
    // A write whose condition fails is billed for the item that it met, and changes no index.
    const failed = writeUnitsOf(before ? itemBytes(before) : 0);
    units.writeUnits += reply.json.ConsumedCapacity?.CapacityUnits ?? failed;
    if (reply.status === 200)
      units.indexWriteUnits += indexWriteUnits(before, await reader.read(body));
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  const url = await listenOnLoopback(server);
  return {
    url,
    units: async () => ({ ...units, calls: { ...calls } }),
    close: async () => {
      items.close();
      await closeServer(server);
    },
  };
}

/** A read that finds nothing is billed too; the emulator counts none. */
function readUnitsOf({ ConsistentRead }: Request, { ConsumedCapacity }: Reply): number {
  return Math.max(ConsistentRead ? 1 : 0.5, ConsumedCapacity?.CapacityUnits ?? 0);
}

interface Forwarded {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly json: Reply;
}

async function forward(
  tableUrl: string,
  { headers }: IncomingMessage,
  operation: string,
  body: Request,
): Promise<Forwarded> {
  const isCounted = reads.has(operation) || writes.has(operation);
  const kept = forwardedHeaders.flatMap((name) =>
    typeof headers[name] === 'string' ? [[name, headers[name]] as const] : [],
  );
  const reply = await fetch(tableUrl, {
    method: 'POST',
    headers: Object.fromEntries(kept),
    body: JSON.stringify({ ...body, ...(isCounted && { ReturnConsumedCapacity: 'TOTAL' }) }),
  });
  const text = await reply.text();
  const contentType = reply.headers.get('content-type') ?? 'application/x-amz-json-1.0';
  return {
    status: reply.status,
    headers: { 'content-type': contentType },
    text,
    json: JSON.parse(text),
  };
}
