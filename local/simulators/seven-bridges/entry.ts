import type { SimulatorEntry } from '../entry.ts';
import { startSevenBridges } from './server.ts';

export const entry: SimulatorEntry = {
  start: async () => {
    const simulator = await startSevenBridges();
    const { token, baseUrl, project } = simulator;
    return { ...simulator, secret: token, settings: { baseUrl, project } };
  },
};
