import { errorCatalogue } from '#src/core/errors/error-lookup.ts';
import type { TransferError } from '#src/core/errors/transfer-error.ts';
import type { Source } from '#src/core/source/sources.ts';

/** The result of one preflight check. */
export interface Finding {
  /** The name of the check, with the permission that it needs. */
  readonly check: string;
  readonly ok: boolean;
  /** One line: what is wrong. With `ok`: why the check was skipped, which affects no transfer. */
  readonly problem?: string | undefined;
  /** What the operator does about the problem. */
  readonly nextStep?: string | undefined;
}

/** Checks that need more than a step's ports. They never reject: a failure is a finding. */
export interface Probes {
  /**
   * Lists and reads objects of one configured source.
   * @param options - `withEventNotifications`: also checks that the bucket sends events to EventBridge
   */
  source(
    source: Source,
    options: { readonly withEventNotifications: boolean },
  ): Promise<readonly Finding[]>;
  /** Compares the account's quotas with the settings. */
  quotas(): Promise<readonly Finding[]>;
}

/** Returns the finding of a passed check. */
export function passedCheck(check: string): Finding {
  return { check, ok: true };
}

/** Returns the finding of a check that could not run. Transfers do not depend on it. */
export function skippedCheck(check: string, problem: string, nextStep: string): Finding {
  return { check, ok: true, problem, nextStep };
}

/** Returns the finding of a failed check. Transfers would fail for the same reason. */
export function failedCheck(check: string, problem: string, nextStep: string): Finding {
  return { check, ok: false, problem, nextStep };
}

/** The next step of most errors. It is about a transfer, and a preflight has none. */
const startAgain = errorCatalogue.NetworkError.nextStep;

/**
 * Returns the finding of a check that threw an error.
 * @param nextStep - default: the error's own next step
 */
export function failedByError(
  check: string,
  error: TransferError,
  nextStep = error.nextStep,
): Finding {
  const step = nextStep.replace(startAgain, 'Run the preflight again.');
  return failedCheck(check, `${error.name}: ${error.message}`, step);
}

/** True if an execution's input asks for a preflight. Any other value starts a transfer. */
export function isPreflightInput(input: unknown): boolean {
  if (typeof input !== 'object' || input === null) return false;
  return 'preflight' in input && input.preflight === true;
}
