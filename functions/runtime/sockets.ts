import { closeAgent, createAgent, type HttpAgent } from '#src/http/undici.ts';
import type { Part } from './container.ts';

/** The connections of a sandbox, which calls share. */
export interface Sockets {
  /** Connections to S3. */
  source(): HttpAgent;
  /**
   * Connections to a destination, by name; `create` makes them at their first use. `createDestinationAgent` calls
   * this. The bundle of a function that calls no destination leaves the checks of its addresses out.
   */
  destination(name: string, create: () => HttpAgent): HttpAgent;
  /** Closes idle connections. The next use opens new ones. */
  close(): Promise<void>;
}

export const sockets: Part<Sockets> = {
  survivesReset: true,
  build: createSockets,
  close: (value) => value.close(),
};

export function createSockets(): Sockets {
  const agents = new Map<string, HttpAgent>();
  const agentOf = (name: string, create: () => HttpAgent) => {
    const agent = agents.get(name) ?? create();
    agents.set(name, agent);
    return agent;
  };
  return {
    source: () => agentOf('source', () => createAgent()),
    destination: agentOf,
    async close() {
      const open = [...agents.values()];
      agents.clear();
      await Promise.all(open.map(closeAgent));
    },
  };
}
