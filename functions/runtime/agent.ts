import { guardOf, type UploadHosts } from '#src/http/public-addresses.ts';
import { closeAgent, createAgent, type HttpAgent } from '#src/http/undici.ts';

const agents = new Map<string, HttpAgent>();

/** The sandbox's sockets to S3, kept between calls. */
export const httpAgent = (): HttpAgent => agentOf('source', () => createAgent());

/** The sandbox's sockets to the service and to the upload hosts it names, kept between calls. */
export const destinationAgent = (hosts: UploadHosts): HttpAgent =>
  agentOf(`${hosts.baseUrl} ${hosts.mayBePrivate}`, () => createAgent({ guard: guardOf(hosts) }));

function agentOf(name: string, create: () => HttpAgent): HttpAgent {
  const agent = agents.get(name) ?? create();
  agents.set(name, agent);
  return agent;
}

/** Closes idle sockets, so that a local process can end; the next use makes new ones. */
export async function closeHttp(): Promise<void> {
  const closing = [...agents.values()];
  agents.clear();
  await Promise.all(closing.map(closeAgent));
}
