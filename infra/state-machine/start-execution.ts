import type { Duration } from 'aws-cdk-lib';
import { CustomState, type IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';

/** The state machine that a Task state runs. */
export interface StartedStateMachine {
  readonly comment: string;
  readonly stateMachine: IStateMachine;
  /** The longest wait for its end. */
  readonly timeout: Duration;
}

/**
 * Returns the Task state that runs another state machine and waits for its end. Its output is in
 * `$.output`; any end without success is the error States.TaskFailed. `allowRunning` grants what the
 * state needs: the CDK's own Task would also allow executions of each machine whose name begins the same.
 */
export function createStartExecution(
  scope: Construct,
  id: string,
  { comment, stateMachine, timeout }: StartedStateMachine,
): CustomState {
  return new CustomState(scope, id, {
    stateJson: {
      Type: 'Task',
      Comment: comment,
      Resource: 'arn:aws:states:::states:startExecution.sync:2',
      Parameters: {
        StateMachineArn: stateMachine.stateMachineArn,
        // With this field, the console links the two executions.
        Input: { 'AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$': '$$.Execution.Id' },
      },
      ResultSelector: { 'output.$': '$.Output' },
      TimeoutSeconds: timeout.toSeconds(),
    },
  });
}
