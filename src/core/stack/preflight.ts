import { errorCatalogue, type TransferError } from '#src/core/errors/errors.ts';
import type { Source } from '#src/core/source/sources.ts';

/** What was found of one thing that was tried before the first file. */
export interface Finding {
  /** What was tried: the thing and, where it takes one, the permission. */
  readonly check: string;
  readonly ok: boolean;
  /** One line: what is wrong. Beside `ok`: why it could not be looked at, which stops no transfer. */
  readonly problem?: string | undefined;
  /** What a person may do about the problem. */
  readonly nextStep?: string | undefined;
}

/** Tries what no step does by itself. Neither rejects: a refusal is a finding. */
export interface Probes {
  /**
   * Lists and reads in one configured source, as a transfer would.
   * @param options - `withEventNotifications`: also look whether the bucket tells EventBridge of new objects
   */
  source(source: Source, options: { readonly withEventNotifications: boolean }): Promise<readonly Finding[]>;
  /** Compares the account's quotas with what the settings need. */
  quotas(): Promise<readonly Finding[]>;
}

/** It works. */
export function passedCheck(check: string): Finding {
  return { check, ok: true };
}

/** It could not be looked at; transfers do not depend on the looking. */
export function skippedCheck(check: string, problem: string, nextStep: string): Finding {
  return { check, ok: true, problem, nextStep };
}

/** It is missing, and transfers would fail for want of it. */
export function failedCheck(check: string, problem: string, nextStep: string): Finding {
  return { check, ok: false, problem, nextStep };
}

/** What most errors tell of a transfer; no transfer is under way here. */
const startAgain = errorCatalogue.NetworkError.nextStep;

/**
 * It failed with one of our errors.
 * @param nextStep - where more is known than the catalogue tells for the error
 */
export function failedByError(check: string, error: TransferError, nextStep = error.nextStep): Finding {
  const mend = nextStep.replace(startAgain, 'Run the preflight again.');
  return failedCheck(check, `${error.name}: ${error.message}`, mend);
}
