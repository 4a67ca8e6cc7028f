import type * as z from 'zod/mini';
import { redact } from '#src/core/errors/redact.ts';
import type { HttpReply } from '#src/core/ports/transport.ts';
import { jsonObject } from './error-body.ts';
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
  const message = `${subject}: the field "${field}" does not match (${issue?.code}).`;
  throw serviceError('ProtocolViolationError', message, { status });
}

/** Returns true if a reply's body is a JSON object; a proxy's page is not. */
export function isJsonObject(reply: HttpReply): boolean {
  return jsonObject(reply.text) !== undefined;
}
