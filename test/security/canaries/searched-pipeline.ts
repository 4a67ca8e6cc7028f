import type { Pipeline } from '#local/pipeline.ts';
import type { ExecutionOptions } from '#local/state-machine/run.ts';
import { canarySearch, textOf } from './search.ts';

/** The same pipeline, every event, call and ending of its executions searched for canaries. */
export function searchedPipeline(pipeline: Pipeline): Pipeline {
  return {
    ...pipeline,
    start(input, options = {}) {
      const execution = pipeline.start(input, { ...options, ...searching(options) });
      void execution.result.then((result) => canarySearch.search('outcomes', result));
      return execution;
    },
  };
}

/** Sees what the test's own observers see; what they may change is searched before. */
function searching({ onEvent, onInvocation }: Partial<ExecutionOptions>) {
  return {
    onEvent: (event) => {
      canarySearch.searchText('history', textOf(event));
      onEvent?.(event);
    },
    onInvocation: (call) => {
      canarySearch.searchText('history', textOf(call));
      onInvocation?.(call);
    },
  } satisfies Partial<ExecutionOptions>;
}
