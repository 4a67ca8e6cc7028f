import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import { serveRequests } from '../worker-process.ts';

/** A request to the sink: set the chunk size of future uploads, or return and reset the counts. */
export type SinkRequest =
  | { readonly kind: 'setChunkSize'; readonly chunkSizeBytes: number }
  | { readonly kind: 'takeCounts' };

const simulator = await startTwelveLabs({ store: 'discard' });

serveRequests(async (request: SinkRequest) => {
  if (request.kind === 'setChunkSize') {
    simulator.switches.chunkSizeBytes = request.chunkSizeBytes;
    return { baseUrl: simulator.baseUrl, apiKey: simulator.apiKey };
  }
  const counts = simulator.calls.counts();
  simulator.calls.clear();
  return counts;
});
