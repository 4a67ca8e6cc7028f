import { closeAgent, createAgent, type HttpAgent } from '#src/http/undici.ts';

let agent: HttpAgent | undefined;

/** The sandbox's sockets, kept between calls and shared by all that speaks HTTP through undici. */
export const httpAgent = (): HttpAgent => (agent ??= createAgent());

/** Closes idle sockets, so that a local process can end; the next use makes new ones. */
export async function closeHttp(): Promise<void> {
  const closing = agent;
  agent = undefined;
  if (closing) await closeAgent(closing);
}
