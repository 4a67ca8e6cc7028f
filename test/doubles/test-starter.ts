import type { ExecutionStart, ExecutionStarter } from '#src/core/ports/executions.ts';

/** Remembers what it was asked to start, and answers as Step Functions does for a name. */
export class TestStarter implements ExecutionStarter {
  readonly starts: ExecutionStart[] = [];
  /** Names of executions that have ended. */
  readonly ended = new Set<string>();

  async start(start: ExecutionStart): Promise<'started' | 'exists'> {
    if (this.ended.has(start.name)) return 'exists';
    this.starts.push(start);
    return 'started';
  }
}
