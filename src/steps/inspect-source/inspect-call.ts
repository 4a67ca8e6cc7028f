import type { SourceReference } from '#src/core/source/source-object.ts';
import type { TransferRequest } from '#src/step-support/input.ts';
import type { InspectWait } from '#src/step-support/state.ts';
import type { Invocation, Needs } from '#src/step-support/step.ts';

export type InspectPorts = Needs<'source' | 'destination' | 'optionRules' | 'settings'>;

/** One call of this step. */
export interface InspectCall {
  readonly ports: InspectPorts;
  readonly request: TransferRequest;
  readonly invocation: Invocation;
  /** The state of an earlier call that waits. */
  readonly waited: InspectWait | undefined;
  /** The input of the execution. */
  readonly input: unknown;
  /** Contents, by ETag and version, that HEAD found in this call and GET did not find. */
  readonly unreadable: Set<string>;
}

/** Returns the object's address for messages, with control characters escaped. */
export function addressOf({ bucket, key }: SourceReference): string {
  return `s3://${bucket}/${JSON.stringify(key).slice(1, -1)}`;
}
