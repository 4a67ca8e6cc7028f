import type { Invocation } from '#local/state-machine/lambda/lambda-runtime.ts';

/** Kills the first call of one state's function, before or after its work. */
export function killFirst(
  stateName: string,
  kind: 'crash-before' | 'crash-after',
  error = 'Lambda.Unknown',
) {
  let isDone = false;
  return (invocation: Invocation) => {
    if (isDone || invocation.stateName !== stateName) return undefined;
    isDone = true;
    return { kind, error };
  };
}
