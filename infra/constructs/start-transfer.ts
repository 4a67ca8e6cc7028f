import { Aws, Duration } from 'aws-cdk-lib';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { type IRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { DeadLetterQueue } from './dead-letter-queue.ts';

/** The state machine, started with the event as it comes; tried for as long as EventBridge does. */
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
    // The most that EventBridge gives (PutTargets, RetryPolicy, 2026).
    maxEventAge: Duration.hours(24),
    retryAttempts: 185,
  });
}

/** One for all rules, in place of the CDK's, which trusts the rules of every account. */
function startingRole(stateMachine: IStateMachine): IRole {
  const id = 'EventsRole';
  const made = stateMachine.node.tryFindChild(id) as Role | undefined;
  const assumedBy = new ServicePrincipal('events.amazonaws.com', {
    conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
  });
  return (made ?? new Role(stateMachine, id, { assumedBy })) as IRole;
}
