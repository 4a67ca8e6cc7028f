import type { ExecutionDirectory } from '#src/core/ports/executions.ts';
import { statusOf } from '../../harness/machine.ts';
import type { PortContext } from './crash-ports.ts';

/** Returns a directory that answers as DescribeExecution. A killed execution is aborted. */
export function directoryOf(
  context: Pick<PortContext, 'simulation' | 'isDirectoryUnavailable'>,
): ExecutionDirectory {
  const find = (id: string) =>
    context.isDirectoryUnavailable ? undefined : context.simulation.executions.all.get(id);
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
      return { status: statusOf(handle.status()), startedAt, input: JSON.stringify(input) };
    },
  };
}
