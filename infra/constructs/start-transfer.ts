import { Duration } from 'aws-cdk-lib';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
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
    // The most that EventBridge gives (PutTargets, RetryPolicy, 2026).
    maxEventAge: Duration.hours(24),
    retryAttempts: 185,
  });
}
