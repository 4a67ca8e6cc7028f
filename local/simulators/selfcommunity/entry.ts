import type { SimulatorEntry } from '../entry.ts';
import { startSelfCommunity } from './server.ts';

export const entry: SimulatorEntry = {
  sample: {
    key: 'archive/sample photo.jpg',
    contentType: 'image/jpeg',
    size: '4MB',
    noun: 'an image',
  },
  start: async () => {
    const simulator = await startSelfCommunity();
    const { baseUrl } = simulator;
    return { ...simulator, secret: simulator.secret(), settings: { baseUrl } };
  },
};
