import type { Pipeline } from '#local/pipeline.ts';
import type { ExecutionOptions } from '#local/state-machine/run.ts';
import { canarySearch, textOf } from './search.ts';

/** Returns the pipeline with every event, call and result of its executions searched for canaries. */
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

/** Wraps the observers of a test. The search comes first: an observer may change its argument. */
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
