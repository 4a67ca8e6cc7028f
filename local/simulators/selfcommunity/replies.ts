import { htmlReply, type Reply } from '../twelvelabs/wire/replies.ts';
import type { SelfCommunitySwitches } from './switches.ts';

export type { Reply } from '../twelvelabs/wire/replies.ts';

type Mode = SelfCommunitySwitches['mode'];

export function jsonReply(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const type = { 'Content-Type': 'application/json', ...headers };
  return { status, headers: type, body: JSON.stringify(body) };
}

/** Ends a call with an error reply. */
export class Rejection extends Error {
  readonly reply: Reply;

  constructor(reply: Reply) {
    super(reply.body);
    this.reply = reply;
  }
}

/** Returns an error in the format of the mode: `{detail}` of the library, or a list of errors. */
export function errorReply(mode: Mode, status: number, message: string, more: object = {}): Reply {
  if (mode === 'library') return jsonReply(status, { detail: message, ...more });
  return jsonReply(status, { errors: [{ code: `error_${status}`, message }], ...more });
}

/** The library answers an unknown upload with Django's page. */
export function unknownReply(mode: Mode): Reply {
  return mode === 'library' ? htmlReply(404) : errorReply(mode, 404, 'Not found.');
}
