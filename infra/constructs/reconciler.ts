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
import { functionEntries } from '#src/core/stack/step-names.ts';
import { DeadLetterQueue } from './dead-letter-queue.ts';

/** How often everything is looked at; a lease of 20 minutes is found past within five more. */
const sweepEvery = Duration.seconds(sweepSeconds);

/** Half of the time to the next sweep: two may meet, which does no harm, but need not. */
const timeLimit = Duration.seconds(150);

/** Tries after the first; the schedule finds by itself what they leave, but for a start never taken. */
const retryAttempts = 2;

/** How long an event of Step Functions is worth being tried, by EventBridge and by Lambda. */
const maxEventAge = Duration.hours(6);

/**
 * Settles from outside what no Catch sees: one function, called when an execution of the state
 * machine ended otherwise than well, and every five minutes for all that was left behind. A call
 * that failed three times is kept in the queue for 14 days.
 */
export class Reconciler extends Construct {
  readonly function: NodejsFunction;
  /** After which Lambda ends an invocation. */
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
   * Settles executions of this state machine when they were aborted, timed out or failed. To be
   * called once, and after the state machine is made, for that asks the reconciler in a preflight.
   */
  reconcileExecutionsOf({ stateMachineArn }: IStateMachine): Rule {
    const { deadLetterQueue } = this;
    return new Rule(this, 'ExecutionEnded', {
      description: 'Settles a transfer whose execution was aborted, timed out or failed',
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
      onFailure: this.#keepFailed(reconcile),
    });
    return reconcile;
  }

  /** The CDK's own destination would let the function look at the queue besides. */
  #keepFailed(reconcile: NodejsFunction): IDestination {
    const { queueArn } = this.deadLetterQueue;
    allow(reconcile, [queueArn], ['sqs:SendMessage']);
    return { bind: () => ({ destination: queueArn }) };
  }

  /** A sweep that can't be started is not worth keeping: the next one does its work. */
  #onSchedule(): Rule {
    return new Rule(this, 'Schedule', {
      description: 'Settles what was left behind',
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
