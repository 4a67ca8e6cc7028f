import { Aws, Duration } from 'aws-cdk-lib';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { type IRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { DeadLetterQueue } from './dead-letter-queue.ts';

/** Returns the target that starts the state machine with the unchanged event, retried as long as possible. */
export function startTransfer({
  stateMachine,
  deadLetterQueue,
}: {
  readonly stateMachine: IStateMachine;
  readonly deadLetterQueue: DeadLetterQueue;
}): SfnStateMachine {
  return new SfnStateMachine(stateMachine, {
    deadLetterQueue,
    role: startingRole(stateMachine),
    // EventBridge's maximum (PutTargets, RetryPolicy, 2026).
    maxEventAge: Duration.hours(24),
    retryAttempts: 185,
  });
}

/** Returns one role for all rules. It replaces the CDK's role, which trusts the rules of every account. */
function startingRole(stateMachine: IStateMachine): IRole {
  const id = 'EventsRole';
  const existing = stateMachine.node.tryFindChild(id) as Role | undefined;
  const assumedBy = new ServicePrincipal('events.amazonaws.com', {
    conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
  });
  return (existing ?? new Role(stateMachine, id, { assumedBy })) as IRole;
}
