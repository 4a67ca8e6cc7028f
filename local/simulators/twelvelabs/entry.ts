import type { SimulatorEntry } from '../entry.ts';
import { startTwelveLabs } from './server.ts';

export const entry: SimulatorEntry = {
  start: async () => {
    const simulator = await startTwelveLabs({ assetReadyAfterMs: 1000 });
    const { apiKey, baseUrl } = simulator;
    return { ...simulator, secret: apiKey, settings: { baseUrl } };
  },
};
