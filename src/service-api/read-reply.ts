import type * as z from 'zod/mini';
import { redact } from '#src/core/errors/redact.ts';
import type { HttpReply } from '#src/core/ports/transport.ts';
import { jsonObject, readServiceError } from './error-body.ts';
import { serviceError } from './replies.ts';

/**
 * Reads a reply by its schema; `operation` names the call, such as "opening a session".
 * @throws ProtocolViolationError - a field does not match the schema; the message names it
 * @throws ServiceUnavailableError - not a JSON object: another server has replied in the service's place
 */
export function readServiceReply<T>(
  service: string,
  schema: z.ZodMiniType<T>,
  reply: HttpReply,
  operation: string,
): T {
  const { status, text } = reply;
  const subject = `Invalid ${status} reply from ${service} to ${operation}`;
  const body = jsonObject(text);
  if (body === undefined) {
    const message = `${subject}: must be a JSON object.`;
    throw serviceError('ServiceUnavailableError', message, { status });
  }
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = redact(issue?.path.map(String).join('.') || 'body', 80);
  const flaw = `the field "${field}" does not match (${issue?.code})`;
  const message = `${subject}: ${flaw}.${serviceWords(body, text)}`;
  throw serviceError('ProtocolViolationError', message, { status });
}

/** Returns what the service says, if a success holds an error, as some APIs answer 200 with one. */
function serviceWords(body: Record<string, unknown>, text: string): string {
  const { message } = readServiceError(text);
  const isError = 'error' in body || 'message' in body;
  return isError && message ? ` The service says: ${message}` : '';
}

/** Returns true if a reply's body is a JSON object; a proxy's page is not. */
export function isJsonObject(reply: HttpReply): boolean {
  return jsonObject(reply.text) !== undefined;
}
