import type { ExecutionDirectory } from '#src/core/ports/executions.ts';
import type { CrashWorld } from './crash-harness.ts';

const ends = {
  RUNNING: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'timed-out',
  ABORTED: 'aborted',
} as const;

/** As DescribeExecution answers, unless the world is silent: what was killed was aborted. */
export function directoryOf(world: Pick<CrashWorld, 'judged' | 'isSilent'>): ExecutionDirectory {
  const find = (id: string) => (world.isSilent ? undefined : world.judged.executions.all.get(id));
  return {
    async statusOf(id) {
      const status = find(id)?.handle.status();
      if (!status) return 'unknown';
      return status === 'RUNNING' ? 'running' : 'ended';
    },
    async endOf(id) {
      const execution = find(id);
      if (!execution) return { status: 'unknown' };
      const { startedAt, handle, input } = execution;
      return { status: ends[handle.status()], startedAt, input: JSON.stringify(input) };
    },
  };
}
