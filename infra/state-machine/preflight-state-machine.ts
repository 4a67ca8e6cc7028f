import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import {
  type Choice,
  DefinitionBody,
  Fail,
  type IChainable,
  JsonPath,
  LogLevel,
  StateMachine,
  StateMachineType,
  Succeed,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import type { Dispatcher } from '#infra/constructs/dispatcher.ts';
import type { Reconciler } from '#infra/constructs/reconciler.ts';
import type { StepFunctions } from '#infra/lambda/step-function.ts';
import {
  checkStateOf,
  type ServiceFunctionName,
  type StepName,
  stepNames,
} from '#src/core/shared-with-infra/step-names.ts';
import { chooseNext, createFunctionTask, createStepTask, failUnknownAnswer } from './step-task.ts';

/** The functions that a preflight checks, and the log of its transitions. */
export interface PreflightStateMachineProps {
  readonly functions: StepFunctions;
  readonly reconciler: Reconciler;
  readonly dispatcher: Dispatcher;
  readonly logGroup: ILogGroup;
}

/** A preflight takes about a minute. Functions that crash or find no free capacity are retried. */
export const preflightTimeout = Duration.hours(1);

/** The payload that makes a function check what its role can reach. No execution's input sets `preflight`. */
const payload = {
  preflight: true,
  state: {},
  executionId: JsonPath.stringAt('$$.Execution.Id'),
  startedAt: JsonPath.stringAt('$$.Execution.StartTime'),
};

/** RecordOutcome is checked last: its call also reads the findings of the others and concludes. */
const checkedSteps = stepNames.filter((step) => step !== 'RecordOutcome');

/**
 * The definition of a preflight: each function checks what its role can reach. The findings are in the
 * state's data under the function's name; a function that cannot be called leaves its error there. The
 * execution fails with PreflightFailedError if a check fails. No transfer changes.
 */
export class PreflightStateMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: PreflightStateMachineProps) {
    super(scope, id);
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      comment:
        'Checks permissions, API key, event switches and quotas, with the role of each function. Moves nothing. Input: {}.',
      definitionBody: DefinitionBody.fromChainable(this.#checks(props)),
      stateMachineType: StateMachineType.STANDARD,
      timeout: preflightTimeout,
      tracingEnabled: true,
      logs: { destination: props.logGroup, level: LogLevel.ALL, includeExecutionData: false },
    });
  }

  #checks({ functions, reconciler, dispatcher }: PreflightStateMachineProps): IChainable {
    const steps = checkedSteps.map((step) => [step, this.#step(step, functions)] as const);
    const checks = [
      ...steps,
      ['Reconcile', this.#service('Reconcile', reconciler)] as const,
      ['Dispatch', this.#service('Dispatch', dispatcher)] as const,
    ];
    return checks.reduceRight<IChainable>((following, [name, check]) => {
      check.addCatch(following, { resultPath: `$.${name}` });
      return check.next(following);
    }, this.#conclude(functions));
  }

  #step(step: StepName, functions: StepFunctions): LambdaInvoke {
    const more = { id: checkStateOf(step), resultPath: `$.${step}` };
    return createStepTask(this, step, functions, payload, more);
  }

  /** Calls the latest version, as the function's rules do: it belongs to no execution. */
  #service(
    name: ServiceFunctionName,
    { function: called, timeLimit }: Pick<Reconciler | Dispatcher, 'function' | 'timeLimit'>,
  ): LambdaInvoke {
    return createFunctionTask(this, checkStateOf(name), payload, {
      // The cast: the two CDK types differ in how they declare an optional property.
      called: called as IFunction,
      timeLimit,
      comment: `Checks what ${name} can reach; changes nothing`,
      resultPath: `$.${name}`,
    });
  }

  #conclude(functions: StepFunctions): LambdaInvoke {
    const more = { id: checkStateOf('RecordOutcome') };
    const findings = { ...payload, state: JsonPath.entirePayload };
    const conclude = createStepTask(this, 'RecordOutcome', functions, findings, more);
    conclude.next(this.#hasPassed());
    return conclude;
  }

  #hasPassed(): Choice {
    const succeed = new Succeed(this, 'Passed', { outputPath: '$.output' });
    const fail = new Fail(this, 'Failed', { errorPath: '$.error', causePath: '$.cause' });
    const unknown = failUnknownAnswer(this, 'UnknownConclusion', 'RecordOutcome');
    return chooseNext(
      this,
      { name: 'HasPassed', step: 'RecordOutcome' },
      { succeed, fail },
      unknown,
    );
  }
}
