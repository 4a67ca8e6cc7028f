import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import { answerQuestions } from '../talking-process.ts';

/** What the sink can be asked: to cut coming uploads into such chunks, or to count. */
export type SinkQuestion =
  | { readonly kind: 'cut'; readonly chunkSizeBytes: number }
  | { readonly kind: 'takeCounts' };

const simulator = await startTwelveLabs({ store: 'discard' });

answerQuestions(async (question: SinkQuestion) => {
  if (question.kind === 'cut') {
    simulator.switches.chunkSizeBytes = question.chunkSizeBytes;
    return { baseUrl: simulator.baseUrl, apiKey: simulator.apiKey };
  }
  const taken = simulator.calls.counts();
  simulator.calls.clear();
  return taken;
});
