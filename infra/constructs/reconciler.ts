import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IDestination, IFunction } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { deployedFunctionProps, type ServiceFunctionProps } from '#infra/lambda/step-function.ts';
import { allow } from '#infra/permissions/permissions.ts';
import { sweepSeconds } from '#src/core/limits/limits.ts';
import { functionEntries } from '#src/core/shared-with-infra/step-names.ts';
import { DeadLetterQueue } from './dead-letter-queue.ts';

/** How often the reconciler checks all state: it finds an expired lease within five minutes. */
const sweepEvery = Duration.seconds(sweepSeconds);

/** Half of the time to the next sweep. Overlapping sweeps are safe but useless. */
const timeLimit = Duration.seconds(150);

/** Retries of a failed call. The schedule covers all its work except a start without a transfer. */
const retryAttempts = 2;

/** How long EventBridge and Lambda retry a status event of Step Functions. */
const maxEventAge = Duration.hours(6);

/**
 * Closes what no Catch sees. One function runs when an execution of the state machine does not
 * succeed, and every five minutes for everything that was left behind. The queue retains a call
 * that failed three times for 14 days.
 */
export class Reconciler extends Construct {
  readonly function: NodejsFunction;
  /** Lambda ends an invocation after this time. */
  readonly timeLimit = timeLimit;
  readonly deadLetterQueue: DeadLetterQueue;
  readonly schedule: Rule;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id);
    this.deadLetterQueue = new DeadLetterQueue(this, 'DeadLetters');
    this.function = this.#reconcile(props);
    props.permit(this.function);
    this.schedule = this.#onSchedule();
  }

  /**
   * Reconciles executions of this state machine that were aborted, timed out or failed. Call it
   * once, after creating the state machine, which itself calls the reconciler in a preflight.
   */
  reconcileExecutionsOf({ stateMachineArn }: IStateMachine): Rule {
    const { deadLetterQueue } = this;
    return new Rule(this, 'ExecutionEnded', {
      description: 'Reconciles a transfer whose execution was aborted, timed out or failed',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: [stateMachineArn],
          status: ['ABORTED', 'TIMED_OUT', 'FAILED'],
        },
      },
      targets: [
        new LambdaFunction(this.#target(), { deadLetterQueue, retryAttempts: 185, maxEventAge }),
      ],
    });
  }

  #reconcile(props: ServiceFunctionProps): NodejsFunction {
    const { environment, memoryMiB, logRetention, network } = props;
    const deployed = deployedFunctionProps(this, 'ReconcileLogs', {
      description: functionEntries.Reconcile.purpose,
      folder: functionEntries.Reconcile.folder,
      timeLimit,
      environment,
      memoryMiB,
      logRetention,
      network,
    });
    const reconcile = new NodejsFunction(this, 'Reconcile', deployed);
    reconcile.configureAsyncInvoke({
      retryAttempts,
      maxEventAge,
      onFailure: this.#failureDestination(reconcile),
    });
    return reconcile;
  }

  /** The CDK's own destination would also allow the function to read the queue's attributes. */
  #failureDestination(reconcile: NodejsFunction): IDestination {
    const { queueArn } = this.deadLetterQueue;
    allow(reconcile, [queueArn], ['sqs:SendMessage']);
    return { bind: () => ({ destination: queueArn }) };
  }

  /** A sweep that cannot start is dropped: the next sweep does its work. */
  #onSchedule(): Rule {
    return new Rule(this, 'Schedule', {
      description: 'Reconciles what was left behind',
      schedule: Schedule.rate(sweepEvery),
      targets: [
        new LambdaFunction(this.#target(), { retryAttempts: 0, maxEventAge: Duration.minutes(1) }),
      ],
    });
  }

  /** The cast: the two CDK types differ in how they declare an optional property. */
  #target(): IFunction {
    return this.function as IFunction;
  }
}
