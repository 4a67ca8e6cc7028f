import type { ExecutionStart, ExecutionStarter } from '#src/core/ports/executions.ts';

/** Records the started executions, and handles their names as Step Functions does. */
export class TestStarter implements ExecutionStarter {
  readonly starts: ExecutionStart[] = [];
  /** The names of ended executions. */
  readonly ended = new Set<string>();

  async start(start: ExecutionStart): Promise<'started' | 'exists'> {
    if (this.ended.has(start.name)) return 'exists';
    this.starts.push(start);
    return 'started';
  }
}
