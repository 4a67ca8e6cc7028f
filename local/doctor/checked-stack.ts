import type { CloudFormationClientConfig } from '@aws-sdk/client-cloudformation';
import { type DestinationKind, defaultKind, definitionOf } from '#src/destinations/registry.ts';
import type { AnyDefinition } from '#src/service-api/definition.ts';

/** Options of the AWS clients that work with the operator's own credentials. */
export type OperatorClients = Pick<
  CloudFormationClientConfig,
  'customUserAgent' | 'maxAttempts' | 'requestHandler' | 'region' | 'credentials' | 'profile'
>;

/** The parts of a stack that the doctor checks. */
export interface CheckedStack {
  /** The state machine of the preflight. */
  readonly preflightArn: string;
  readonly secretArn: string;
  readonly definition: AnyDefinition<DestinationKind>;
}

/** Returns the destination of a stack. A stack of an earlier version has no output with its kind. */
export function definitionOfStack(
  name: string,
  kind: string = defaultKind,
): AnyDefinition<DestinationKind> {
  return definitionOf(kind, `output Destination of the stack ${name}`);
}
