import type { LocalStateMachine } from '#local/state-machine/definition/definition.ts';
import { dispatchSeconds, sweepSeconds } from '#src/core/limits/limits.ts';
import type { ServiceFunctionName } from '#src/core/shared-with-infra/step-names.ts';
import { deployedFunctions } from '../../harness/deployed-functions.ts';
import { assumptions } from '../model/assumptions.ts';
import { type LoadContext, passTime } from '../model/load-context.ts';

/**
 * The rules of the stack that call the dispatcher and the reconciler: at each end of an execution, every
 * minute, and every five minutes (`infra/constructs/dispatcher.ts`, `infra/constructs/reconciler.ts`).
 */
export class Rules {
  readonly #context: LoadContext;
  readonly #invoke: (name: ServiceFunctionName, event: object) => Promise<unknown>;
  readonly #stateMachineArn: string;
  /** The error that stops the run. */
  failure: unknown;
  #pending = 0;

  constructor(
    context: LoadContext,
    machine: LocalStateMachine,
    stateMachineArn: string,
    invoke: (functionArn: string, payload: unknown) => Promise<unknown>,
  ) {
    this.#context = context;
    this.#stateMachineArn = stateMachineArn;
    this.#invoke = (name, event) => invoke(arnOf(machine, name), event);
  }

  get pending(): number {
    return this.#pending;
  }

  /** Begins the schedules. */
  begin(): void {
    const stateMachineArn = this.#stateMachineArn;
    this.#every(dispatchSeconds, 'Dispatch', { stateMachineArn, schedule: true });
    this.#every(sweepSeconds, 'Reconcile', { source: 'aws.events' });
  }

  /** Calls the target of the rule for an ended execution. */
  executionEnded(): void {
    this.#call('Dispatch', { stateMachineArn: this.#stateMachineArn });
  }

  #every(seconds: number, name: ServiceFunctionName, event: object): void {
    this.#context.clock.after(seconds * 1000, () => {
      this.#call(name, event);
      this.#every(seconds, name, event);
    });
  }

  #call(name: ServiceFunctionName, event: object): void {
    this.#pending++;
    passTime(this.#context, assumptions.ruleMs)
      .then(() => this.#invoke(name, event))
      .catch((error: unknown) => {
        this.failure ??= error;
      })
      .finally(() => {
        this.#pending--;
      });
  }
}

function arnOf(machine: LocalStateMachine, name: ServiceFunctionName): string {
  const found = [...deployedFunctions(machine)].find(([, deployed]) => deployed.name === name);
  if (found) return found[0];
  throw new Error(`the stack has no function ${name}`);
}
