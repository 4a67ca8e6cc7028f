import type { Reply } from '../twelvelabs/wire/replies.ts';

export type { Reply } from '../twelvelabs/wire/replies.ts';

export function jsonReply(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return {
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}

/** Returns an error in the format of the service: its own code next to the HTTP status. */
export function apiError(
  status: number,
  code: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const moreInfo = 'https://docs.sevenbridges.com/docs/api-status-codes';
  return jsonReply(status, { status, code, message, more_info: moreInfo }, headers);
}

/** Ends a call with an error reply. */
export class Rejection extends Error {
  readonly reply: Reply;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.reply = apiError(status, code, message);
  }
}

/** Returns the texts that the service's documents give to frequent statuses. */
export function errorOf(status: number): Reply {
  const codes: Readonly<Record<number, number>> = { 401: 90001, 403: 90002, 404: 90003, 429: 1000 };
  const code = codes[status] ?? (status < 500 ? 90000 : 90004);
  return apiError(status, code, `The simulator answers ${status} because of a planned fault.`);
}
