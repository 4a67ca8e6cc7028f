import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closeServer, type Emulator, listenOnLoopback } from './loopback.ts';

/** The reply of an operation: a result with status 200, or an error with its type and status. */
export type OperationReply =
  | { readonly result: unknown }
  | { readonly error: string; readonly message: string; readonly status: number };

/** Operations by `X-Amz-Target`, such as `AWSEvents.PutEvents`. */
export type Operations = Readonly<
  Record<string, (input: Readonly<Record<string, unknown>>) => OperationReply>
>;

/** Far above the limit of any of these services (PutEvents: 1 MiB). */
const maxBodyBytes = 4 * 1024 * 1024;

/** Starts an endpoint for these operations, in AWS JSON 1.0 or 1.1. */
export async function startJsonEndpoint(
  version: '1.0' | '1.1',
  operations: Operations,
): Promise<Emulator> {
  const server = createServer((request, response) => {
    answer(request, operations).then(
      (reply) => send(response, version, reply),
      (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
    );
  });
  const url = await listenOnLoopback(server);
  return { url, close: () => closeServer(server) };
}

async function answer(request: IncomingMessage, operations: Operations): Promise<OperationReply> {
  const target = String(request.headers['x-amz-target']);
  const text = await readBody(request);
  const operation = Object.hasOwn(operations, target) ? operations[target] : undefined;
  if (!operation) {
    return {
      error: 'UnknownOperationException',
      message: `Unknown operation "${target}"`,
      status: 400,
    };
  }
  return operation(JSON.parse(text));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > maxBodyBytes)
      throw new RangeError(`The request has more than ${maxBodyBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

function send(response: ServerResponse, version: string, reply: OperationReply): void {
  const failed = 'error' in reply;
  response.writeHead(failed ? reply.status : 200, {
    'content-type': `application/x-amz-json-${version}`,
  });
  response.end(
    JSON.stringify(failed ? { __type: reply.error, message: reply.message } : reply.result),
  );
}
